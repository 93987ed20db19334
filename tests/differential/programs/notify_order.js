/* Many promises settled in one turn, by one vat, for several who wait, in other orders. */
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
          const promises = ['x', 'y', 'z'].map(name => E(b).ask(name));
          promises.forEach((p, i) => watch(`a's ${i}`, p));
          E(c).wait(harden([...promises].reverse()));
          return 'waiting';
        },
        settle(order) {
          return E(b).settle(order);
        },
      };
    },
    b: () => {
      const waiting = {};
      return {
        ask: name =>
          new Promise((resolve, reject) => {
            waiting[name] = { resolve, reject };
          }),
        settle(order) {
          for (const [name, how, value] of order) waiting[name][how](value);
          return 'settled';
        },
      };
    },
    c: () => ({
      wait(promises) {
        promises.forEach((p, i) => watch(`c's ${i}`, p));
      },
    }),
  },
  calls: [
    ['a', 'run'],
    ['a', 'settle', [['z', 'resolve', 1], ['x', 'reject', 'no'], ['y', 'resolve', [2]]]],
  ],
};
