/* The vat at the other end. */
export function buildRootObject() {
  let kept = [];
  const waiting = [];
  return Far('other', {
    take() {},
    give() {
      return 1;
    },
    keep(all) {
      kept = all;
    },
    forget() {
      kept = [];
    },
    later() {
      return new Promise(resolve => waiting.push(resolve));
    },
    now() {
      for (const resolve of waiting.splice(0)) resolve(1);
    },
  });
}
