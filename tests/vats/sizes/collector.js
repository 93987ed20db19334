/* Collects as much as it is told to: objects of others, promises, keys. `maker` and `holder` are
 * two of these. */
export const buildRootObject = ({ vatstore, exitVat }) => {
  let others;
  let held = [];
  let release;
  let gate;

  return Far('collector', {
    bootstrap(vats) {
      others = vats;
      return E(vats.maker).meet(vats);
    },
    meet(vats) {
      others = vats;
    },
    nothing() {},

    make(n) {
      return Array.from({ length: n }, () => Far('thing', {}));
    },
    async hold(n) {
      held.push(await E(others.maker).make(n));
    },
    letGo() {
      held = [];
    },

    /** Promises that another vat decides. */
    openGate() {
      release();
    },
    wait() {
      gate ??= new Promise(resolve => {
        release = resolve;
      });
      return gate;
    },
    await(n) {
      for (let i = 0; i < n; i += 1) held.push(E(others.maker).wait());
    },
    /** Messages to a promise that is not resolved yet. */
    queue(n) {
      const target = held[0] ?? E(others.maker).gated();
      held[0] = target;
      for (let i = 0; i < n; i += 1) E.sendOnly(target).nothing();
    },
    gated() {
      return new Promise(resolve => {
        release = () => resolve(Far('box', { nothing() {} }));
      });
    },

    set(from, n) {
      for (let i = from; i < from + n; i += 1) vatstore.set(`k${i}`, `${i}`);
    },
    remove(from, n) {
      for (let i = from; i < from + n; i += 1) vatstore.delete(`k${i}`);
    },
    /** How many keys there are, up to n. */
    count(n) {
      let count = 0;
      for (let key = vatstore.getNextKey(''); key !== undefined && count < n; count += 1) {
        key = vatstore.getNextKey(key);
      }
      return count;
    },
    exit() {
      exitVat();
    },
  });
};
