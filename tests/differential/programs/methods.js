/* Methods that are there, that are not, and names that mean something to JavaScript. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const thing = await E(b).thing();
          const names = [
            'works', 'missing', '', 'toString', 'valueOf', 'constructor', 'hasOwnProperty',
            '__proto__', 'then', '!bang', '#hash', 'a b', '0',
          ];
          for (const name of names) {
            log(name, await E(thing)[name](1).catch(error => error));
          }
        },
        local() {
          const thing = Far('local', { works: n => n + 1 });
          for (const name of ['works', 'missing', 'toString']) {
            watch(`local ${name}`, E(thing)[name](1));
          }
        },
      };
    },
    b: () => {
      const thing = Far('thing', {
        works(n) {
          log('works', n, this === thing);
          return n + 1;
        },
        '!bang': () => 'bang',
        '#hash': () => 'hash',
        'a b': () => 'space',
        0: () => 'zero',
        '': () => 'empty',
      });
      return { thing: () => thing };
    },
  },
  calls: [['a', 'run'], ['a', 'local'], ['a', 'missing'], ['b', 'toString'], ['b', 'missing', 1]],
};
