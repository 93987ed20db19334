/* What a message's arguments become, and how they are held. */
export const program = {
  vats: {
    a: () => ({
      show(...args) {
        log('given', args);
        args.forEach(value => {
          if (typeof value === 'object' && value !== null) {
            log('frozen', Object.isFrozen(value), Object.getPrototypeOf(value) === Object.prototype);
            log('keys', Object.keys(value));
          }
        });
        return args.length;
      },
      dropAndAdd(first, second = 'default', ...rest) {
        return harden([first, second, rest]);
      },
    }),
  },
  calls: [
    ['a', 'show'],
    ['a', 'show', 1, -0, 1e300, 'x', '!x', '#undefined', '+1', '$0', null, true],
    ['a', 'show', { b: 1, a: 2, '!c': 3 }, [1, [2, [3]]], {}, []],
    ['a', 'show', { '@ref': 'x' }, '\u2028', '\ud83d\ude00'],
    ['a', 'dropAndAdd'],
    ['a', 'dropAndAdd', 1, null, 3, 4],
  ],
};
