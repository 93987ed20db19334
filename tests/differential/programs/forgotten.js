/* Objects handed out, dropped, asked for again, with collection after each delivery: what a vat sees
 * stays the same. */
export const program = {
  reapInterval: 1,
  vats: {
    a: () => {
      let b;
      let kept;
      return {
        meet(vats) {
          b = vats.b;
        },
        async churn(rounds) {
          for (let i = 0; i < rounds; i += 1) {
            const thing = await E(b).thing(i % 3);
            log(i, await E(thing).number());
          }
        },
        async keep() {
          kept = await E(b).thing(1);
          await E(b).pass(Far('mine', { x: () => 'x' }));
        },
        async check() {
          log('same', kept === (await E(b).thing(1)));
          log('mine', await E(b).call());
        },
        async fresh(rounds) {
          for (let i = 0; i < rounds; i += 1) await E(b).pass(Far('mine', { x: () => i }));
          log('last', await E(b).call());
        },
      };
    },
    b: () => {
      const things = {};
      let passed;
      return {
        thing(n) {
          things[n] ??= Far('thing', { number: () => n });
          return things[n];
        },
        pass(thing) {
          passed = thing;
        },
        call: () => E(passed).x(),
      };
    },
  },
  calls: [['a', 'churn', 9], ['a', 'keep'], ['a', 'churn', 6], ['a', 'check'], ['a', 'fresh', 6]],
};
