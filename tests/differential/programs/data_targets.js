/* Messages to data: what is named of its methods, and which can be called. */
export const program = {
  vats: {
    a: () => ({
      async run() {
        const problem = error => error;
        for (const data of harden([[1, 2], { a: 1 }, [], {}])) {
          log('no method', data, await E(data).none().catch(problem));
          log('no method', data, await E(Promise.resolve(data)).none().catch(problem));
        }
        log('length', await E(harden([1, 2])).at(1), await E(harden(['x', 'y'])).join('-'));
        log('method in data', await E(harden({ add: (x, y) => x + y })).add(1, 2));
        log('names', await E(harden({ b() {}, a() {} })).none().catch(problem));
      },
    }),
  },
  calls: [['a', 'run']],
};
