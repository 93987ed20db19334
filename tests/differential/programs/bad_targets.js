/* Eventual sends to what is no remotable. */
export const program = {
  vats: {
    a: () => ({
      async run() {
        const targets = {
          undefined: undefined, null: null, number: 5, text: 'text', bigint: 5n, bool: true,
          record: harden({ field: 1, call: 2 }),
        };
        const problem = error => error;
        for (const [name, target] of Object.entries(targets)) {
          log(name, await E(target).missing().catch(problem));
          log('promise', name, await E(Promise.resolve(target)).missing().catch(problem));
        }
        log('rejected', await E(Promise.reject(Error('first'))).anything().catch(problem));
        E.sendOnly(undefined).anything();
        E.sendOnly(Promise.reject(Error('nobody hears'))).anything();
        log('sent');
      },
      async methodsOfData() {
        log('trim', await E(' text ').trim().catch(error => error));
        log('at', await E(harden(['x'])).at(0).catch(error => error));
      },
    }),
  },
  calls: [['a', 'run'], ['a', 'methodsOfData']],
};
