/* Objects and promises of a vat that ended, in the hands of others, passed on and sent back. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      let things;
      let pending;
      return {
        meet(vats) {
          ({ b, c } = vats);
        },
        async take() {
          things = await E(b).things();
          pending = E(b).never();
          E(c).keep(things.left, pending);
          return things;
        },
        end: () => E(b).end(),
        async after() {
          log('same left', (await E(c).give()) === things.left);
          watch('left', E(things.left).hello());
          watch('right', E(things.right).hello());
          watch('passed', E(c).greet(things.right));
          watch('pending', pending);
          watch('promise passed', E(c).wait(pending));
          return harden([things.left, things.right]);
        },
      };
    },
    b: ({ exitVat }) => {
      const thing = name => Far(name, { hello: () => `hello from ${name}` });
      return {
        things: () => harden({ left: thing('left'), right: thing('right') }),
        never: () => new Promise(() => {}),
        end() {
          exitVat('gone');
        },
      };
    },
    c: () => {
      let kept;
      return {
        keep(thing, promise) {
          kept = thing;
          watch('c kept', promise);
        },
        give: () => kept,
        greet(thing) {
          log('knows', thing === kept);
          return E(thing).hello();
        },
        wait: promise => promise.then(value => log('c waits', value)),
      };
    },
  },
  calls: [['a', 'take'], ['a', 'end'], ['a', 'after'], ['a', 'after']],
};
