/* Results that look like promises, and async ways to answer. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          for (const way of ['async', 'asyncThrow', 'lateThrow', 'nested', 'race', 'all', 'any']) {
            watch(way, E(b)[way]());
          }
        },
      };
    },
    b: () => {
      let c;
      return {
        meet(vats) {
          c = vats.c;
        },
        async async() {
          log('async');
          await null;
          return E(c).give(1);
        },
        async asyncThrow() {
          throw TypeError('at once');
        },
        async lateThrow() {
          await E(c).give(0);
          throw TypeError('later');
        },
        nested: () => Promise.resolve().then(() => Promise.resolve().then(() => E(c).give(2))),
        race: () => Promise.race([E(c).give(3), E(c).give(4)]),
        all: () => Promise.all([E(c).give(5), 6, E(c).give(7)]).then(harden),
        any: () => Promise.any([Promise.reject(Error('x')), E(c).give(8)]),
      };
    },
    c: () => ({
      give(n) {
        log('gives', n);
        return n;
      },
    }),
  },
  calls: [['a', 'run']],
};
