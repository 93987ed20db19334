/* Registered and well-known symbols as values. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const symbols = {
            registered: Symbol.for('name'), empty: Symbol.for(''), at: Symbol.for('@@x'),
            iterator: Symbol.asyncIterator, toStringTag: Symbol.toStringTag,
          };
          for (const [name, symbol] of Object.entries(symbols)) {
            try {
              const back = await E(b).echo(symbol);
              log(name, back, back === symbol);
            } catch (error) {
              log(name, 'refused', error.name);
            }
          }
          log('local', await E(b).echo(Symbol('mine')).catch(error => error.name));
        },
      };
    },
    b: () => ({
      echo(value) {
        log('echo', typeof value, value);
        return value;
      },
    }),
  },
  calls: [['a', 'run']],
};
