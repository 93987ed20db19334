/* Values that were not hardened, passed and given back. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const record = { a: [1] };
          log('record', await E(b).echo(record).catch(error => error.name));
          log('frozen now', Object.isFrozen(record), Object.isFrozen(record.a));
          const list = [];
          log('list', await E(b).echo(list).catch(error => error.name), Object.isFrozen(list));
          log('result', await E(b).loose().catch(error => error.name));
          log('error', await E(b).echo(Error('loose')).catch(error => error.name));
        },
      };
    },
    b: () => ({ echo: value => value, loose: () => ({ loose: [1, 2] }) }),
  },
  calls: [['a', 'run'], ['b', 'loose']],
};
