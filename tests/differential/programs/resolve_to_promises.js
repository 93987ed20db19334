/* A result that is a promise: of this vat, of another, of a third by way of a second; settled
 * before, after, and by rejection. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          for (const way of ['mine', 'theirs', 'both', 'settled', 'broken']) {
            watch(way, E(b)[way]());
          }
        },
        open(value) {
          return E(b).open(value);
        },
        argument() {
          watch('echo', E(b).echo(E(b).theirs()));
          watch('wrapped', E(b).echo(harden({ p: E(b).theirs() })));
        },
      };
    },
    b: () => {
      let c;
      let settle;
      const gate = new Promise(resolve => {
        settle = resolve;
      });
      return {
        meet(vats) {
          c = vats.c;
        },
        mine: () => gate,
        theirs: () => E(c).late(),
        both: () => gate.then(() => E(c).late()),
        settled: () => Promise.resolve(Promise.resolve('at once')),
        broken: () => Promise.reject(TypeError('broken')),
        open(value) {
          settle(value);
          return E(c).open(value);
        },
        echo(value) {
          log('echoes', value);
          return value;
        },
      };
    },
    c: () => {
      let settle;
      const gate = new Promise(resolve => {
        settle = resolve;
      });
      return {
        late() {
          log('late is asked');
          return gate;
        },
        open(value) {
          log('opens', value);
          settle(value);
          return 'opened';
        },
      };
    },
  },
  calls: [['a', 'run'], ['a', 'argument'], ['a', 'open', 'bread'], ['a', 'run']],
};
