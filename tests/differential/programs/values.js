/* Passable values there and back: numbers, bigints, texts, records, nesting. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const values = harden([
            0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 60), 5e-324, 1e308, 0n, -1n,
            123456789012345678901234567890n, undefined, null, true, false, '', '!', '#', '%', '&',
            '$0', '+1', '-1', '"', '*', "'", '(', ')', ',', '!!', '\u0000', '\ud83d\ude00', 'é',
            [], {}, [[]], [undefined], { a: undefined }, { a: { b: { c: [1n] } } },
            { '': 1, '!': 2, '#tag': 3, '#error': 4 }, { constructor: 1 },
            { toString: 'x' }, { length: 2 },
          ]);
          for (const value of values) log('back', show(value), await E(b).echo(value));
          log('all', await E(b).echo(values));
        },
      };
    },
    b: () => ({
      echo(value) {
        log('echo', show(value));
        return value;
      },
    }),
  },
  calls: [['a', 'run']],
};
