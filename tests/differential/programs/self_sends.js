/* A vat that sends to itself: directly, by way of another, through promises. */
export const program = {
  vats: {
    a: () => {
      let self;
      let b;
      return {
        meet(vats) {
          ({ a: self, b } = vats);
        },
        run() {
          watch('direct', E(self).note('direct'));
          watch('through b', E(b).forward(self, 'through b'));
          watch('promise', E(E(b).echo(self)).note('promise'));
          watch('echoed', E(b).echo(self).then(root => E(root).note('echoed')));
          log('sent');
        },
        note(text) {
          log('notes', text);
          return text;
        },
        loop(n) {
          log('loop', n);
          return n === 0 ? 'end' : E(self).loop(n - 1);
        },
        async isRoot() {
          return (await E(b).echo(self)) === self;
        },
      };
    },
    b: () => ({
      forward: (target, text) => E(target).note(text),
      echo: value => value,
    }),
  },
  calls: [['a', 'run'], ['a', 'loop', 5], ['a', 'isRoot']],
};
