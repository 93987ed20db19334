/* Promises that several vats wait for, who came to them in other orders than that of their names. */
export const program = {
  vats: {
    a: () => {
      let vats;
      return {
        meet(others) {
          vats = others;
        },
        async ask(first, second) {
          const promise = E(vats.d).ask();
          await E(vats[first]).wait(harden({ promise }));
          await E(vats[second]).wait(harden({ promise }));
          watch('asker', promise);
        },
        answer: () => E(vats.d).answer(),
        hear: name => log('hears of', name),
      };
    },
    b: () => {
      let vats;
      return {
        meet(others) {
          vats = others;
        },
        wait({ promise }) {
          E.when(promise, () => E(vats.a).hear('b'), () => E(vats.a).hear('b, rejected'));
        },
      };
    },
    c: () => {
      let vats;
      return {
        meet(others) {
          vats = others;
        },
        wait({ promise }) {
          E.when(promise, () => E(vats.a).hear('c'), () => E(vats.a).hear('c, rejected'));
        },
      };
    },
    d: () => {
      let settle;
      return {
        ask: () =>
          new Promise(resolve => {
            settle = resolve;
          }),
        answer: () => settle('answer'),
      };
    },
  },
  calls: [
    ['a', 'ask', 'c', 'b'], ['a', 'answer'], ['a', 'ask', 'b', 'c'], ['a', 'answer'],
  ],
};
