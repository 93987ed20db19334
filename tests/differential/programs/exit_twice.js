/* More than one end in one delivery: which of them counts, and what becomes of the rest. */
export const program = {
  vats: {
    a: () => {
      let vats;
      return {
        meet(all) {
          vats = all;
        },
        end(name, ...ways) {
          watch(`${name} never`, E(vats[name]).never());
          watch(`${name} end`, E(vats[name]).end(ways));
          watch(`${name} after`, E(vats[name]).never());
        },
      };
    },
    ...Object.fromEntries(
      ['b', 'c', 'd', 'e', 'f'].map(name => [
        name,
        ({ exitVat, exitVatWithFailure }) => ({
          never: () => new Promise(() => {}),
          end(ways) {
            for (const [way, value] of ways) {
              if (way === 'exit') exitVat(value);
              if (way === 'fail') exitVatWithFailure(value);
              if (way === 'throw') throw Error(value);
            }
            return 'answer';
          },
        }),
      ]),
    ),
  },
  calls: [
    ['a', 'end', 'b', ['exit', 1], ['exit', 2]],
    ['a', 'end', 'c', ['exit', 'well'], ['fail', 'ill']],
    ['a', 'end', 'd', ['fail', 'ill'], ['exit', 'well']],
    ['a', 'end', 'e', ['fail', 'first'], ['fail', 'second']],
    ['a', 'end', 'f', ['exit', { done: true }], ['throw', 'thrown']],
  ],
};
