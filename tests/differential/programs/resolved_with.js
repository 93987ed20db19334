/* Promises fulfilled with presences, own objects, devices, promises inside records; sends to them. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      return {
        meet(vats) {
          ({ b, c } = vats);
        },
        run() {
          for (const kind of ['presence', 'own', 'callers', 'record', 'nothing', 'list']) {
            const p = E(b).give(kind, c);
            watch(kind, p);
            watch(`${kind} called`, E(p).who());
          }
        },
        who: () => 'a',
      };
    },
    b: () => {
      let a;
      const own = Far('own', { who: () => 'own of b' });
      return {
        meet(vats) {
          ({ a } = vats);
        },
        give(kind, given) {
          const values = {
            presence: given, own, callers: a, record: { inner: Promise.resolve(own) },
            nothing: undefined, list: [given, own],
          };
          return harden(values)[kind];
        },
      };
    },
    c: () => ({ who: () => 'c' }),
  },
  calls: [['a', 'run']],
};
