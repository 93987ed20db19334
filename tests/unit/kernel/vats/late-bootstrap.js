/* A vat whose bootstrap is settled by a later message. */
export function buildRootObject() {
  let settle;
  let count = 0;
  return Far('root', {
    bootstrap(vats) {
      E.sendOnly(vats.other).meet(vats, {});
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
    count() {
      count += 1;
      return count;
    },
    settle(how, value) {
      settle[how](how === 'reject' ? Error(value) : value);
    },
  });
}
