/* Promises as arguments: own ones settled before, in the same turn, later, never, rejected. */
export const program = {
  vats: {
    a: () => {
      let b;
      let settle;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          const cases = {
            settled: Promise.resolve('before'),
            broken: Promise.reject(Error('before')),
            sameTurn: new Promise(resolve => {
              Promise.resolve().then(() => resolve('same turn'));
            }),
            later: new Promise(resolve => {
              settle = resolve;
            }),
            never: new Promise(() => {}),
            nested: Promise.resolve(harden({ inner: Promise.resolve(harden([Promise.resolve(1)])) })),
          };
          for (const [name, p] of Object.entries(cases)) E(b).take(name, p);
          E(b).takeAll(harden(Object.values(cases)));
          log('sent');
        },
        settleLater(value) {
          settle(value);
          log('settled');
        },
      };
    },
    b: () => ({
      take(name, p) {
        log('takes', name, p);
        watch(name, p);
      },
      takeAll(all) {
        all.forEach((p, i) => watch(`all ${i}`, p));
        return Promise.allSettled(all).then(() => log('never comes here'));
      },
    }),
  },
  calls: [['a', 'run'], ['a', 'settleLater', 'at last']],
};
