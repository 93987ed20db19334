/* Many references, long texts and deep nesting in one message. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async things(count) {
          const things = await E(b).make(count);
          log('got', things.length, new Set(things).size);
          log('sum', await E(b).count(harden([...things].reverse())));
          log('order', await E(things[count - 1]).number());
        },
        async text(length) {
          log('text', (await E(b).echo('x'.repeat(length))).length);
          log('wide', (await E(b).echo('\u2028\ud83d\ude00"'.repeat(length / 10))).length);
        },
        async deep(levels) {
          let value = harden([]);
          for (let i = 0; i < levels; i += 1) value = harden([value]);
          let back = await E(b).echo(value);
          let depth = 0;
          for (; back.length > 0; depth += 1) [back] = back;
          log('depth', depth);
        },
        async promises(count) {
          const all = await E(b).promises(count);
          log('all', (await Promise.all(all)).reduce((sum, n) => sum + n, 0));
        },
      };
    },
    b: () => {
      let made;
      return {
        make(count) {
          made = Array.from({ length: count }, (_, n) => Far('thing', { number: () => n }));
          return harden([...made]);
        },
        count: things => things.filter((thing, n) => thing === made[made.length - 1 - n]).length,
        echo: value => value,
        promises: count =>
          harden(Array.from({ length: count }, (_, n) => Promise.resolve().then(() => n))),
      };
    },
  },
  calls: [['a', 'things', 300], ['a', 'text', 20000], ['a', 'deep', 200], ['a', 'promises', 200]],
};
