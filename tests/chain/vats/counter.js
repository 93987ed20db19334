/* Counts in its heap and in its baggage. */
export function buildRootObject(_powers, { number }, baggage) {
  let visits = 0;
  if (!baggage.has('sum')) baggage.init('sum', 0);

  return Far('counter', {
    add(by) {
      visits += 1;
      const sum = (baggage.get('sum') + by) % 1000003;
      baggage.set('sum', sum);
      return { number, visits, sum };
    },
  });
}
