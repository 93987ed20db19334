/* A counter behind another vat: its value is in its heap alone. */
export function buildRootObject(_vatPowers, { start }) {
  let count = start;

  return Far('counter', {
    add(amount) {
      count += amount;
      return count;
    },
  });
}
