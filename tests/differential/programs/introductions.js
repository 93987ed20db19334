/* Three vats: references introduced by a third, identity kept all around. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      const own = Far('own', { who: () => 'own of a' });
      return {
        meet(vats) {
          ({ b, c } = vats);
        },
        async run() {
          const made = await E(b).make();
          await E(c).keep('made', made);
          await E(c).keep('own', own);
          await E(c).keep('b', b);
          log('made', (await E(c).give('made')) === made);
          log('own', (await E(c).give('own')) === own);
          log('b', (await E(c).give('b')) === b);
          log('b knows made', await E(b).isMine(await E(c).give('made')));
          log('c calls', await E(c).call('made'), await E(c).call('own'), await E(c).call('b'));
          log('both', await E(c).same(made, made), await E(c).same(made, own));
          const list = await E(c).list();
          log('list', list, list[0] === list[1], list[0] === made);
        },
        who: () => 'root of a',
      };
    },
    b: () => {
      const made = Far('made', { who: () => 'made by b' });
      return { make: () => made, isMine: thing => thing === made, who: () => 'root of b' };
    },
    c: () => {
      const kept = {};
      return {
        keep(name, thing) {
          kept[name] = thing;
          log('keeps', name, thing, Object.isFrozen(thing), typeof thing);
        },
        give: name => kept[name],
        call: name => E(kept[name]).who(),
        same: (x, y) => x === y,
        list: () => harden([kept.made, kept.made, kept.own]),
      };
    },
  },
  calls: [['a', 'run']],
};
