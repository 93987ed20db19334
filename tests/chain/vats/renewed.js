/* What a counter is renewed to: goes on with the sum, and takes twice of all that comes. */
export function buildRootObject(_powers, { number }, baggage) {
  const before = baggage.get('sum');
  let visits = 0;

  return Far('renewed counter', {
    add(by) {
      visits += 1;
      const sum = (baggage.get('sum') + 2 * by) % 1000003;
      baggage.set('sum', sum);
      return { number, visits, sum, before };
    },
  });
}
