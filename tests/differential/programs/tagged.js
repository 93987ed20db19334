/* Tagged values: there and back, nested, with what is no payload, and false ones. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const own = Far('own', {});
          for (const payload of [1, 'text', undefined, null, [1, 2n], { a: { b: 'c' } }, own]) {
            const value = makeTagged('kind', harden(payload));
            log('back', await E(b).echo(value));
          }
          const nested = makeTagged('outer', harden([makeTagged('inner', harden({ own }))]));
          log('nested', await E(b).echo(nested));
          log('texts', await E(b).echo(makeTagged('!odd #tag', '#undefined')));
          log('promise', await E(b).echo(makeTagged('p', Promise.resolve(1))));
          log('answers', await E(b).make('made', harden([3])));
          const rejection = await E(b).fail(makeTagged('reason', 4)).catch(reason => reason);
          log('rejected', rejection);
        },
        async refused() {
          for (const tag of [1, undefined, null]) {
            const made = await E.when(null, () => makeTagged(tag, 1)).catch(error => error.name);
            log('tag', tag, made);
          }
          const loose = await E.when(null, () => makeTagged('loose', () => 1))
            .then(value => E(b).echo(value))
            .then(() => 'passed', () => 'refused');
          log('function', loose);
        },
      };
    },
    b: () => ({
      echo(value) {
        log('echo', value);
        return value;
      },
      make: (tag, payload) => makeTagged(tag, payload),
      fail(reason) {
        throw reason;
      },
    }),
  },
  calls: [['a', 'run'], ['a', 'refused'], ['b', 'make', 'tag', { deep: [1] }]],
};
