// Is made at run time.
export function buildRootObject({ exitVat, exitVatWithFailure }, { start = 0, fails, friend } = {}) {
  if (fails) throw Error('it does not start');
  let count = start;
  const things = [];

  return Far('child', {
    count: (by = 1) => (count += by),
    never: () => new Promise(() => {}),
    thing: () => Far('thing', { name: () => `thing of ${count}` }),
    ask: (method, ...args) => E(friend)[method](...args),
    spend: rounds => {
      let sum = 0;
      for (let i = 0; i < rounds; i++) sum += i;
      return sum;
    },
    take: megabytes => {
      try {
        things.push(new ArrayBuffer(megabytes * 1048576));
        return things.length;
      } catch (problem) {
        return problem.name;
      }
    },
    exit: value => exitVat(value),
    exitBadly: value => exitVatWithFailure(value),
    exitWithThing: () => exitVatWithFailure(Far('thing')),
    loop: () => {
      for (;;);
    },
  });
}
