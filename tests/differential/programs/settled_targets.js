/* Sends to promises that are known to be settled, locally and by the kernel. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const thing = E(b).thing();
          await thing;
          log('known', await E(thing).who());
          const broken = E(b).fail();
          await broken.catch(error => log('broken', error));
          log('to broken', await E(broken).who().catch(error => error));
          const text = E(b).text();
          await text;
          log('ready');
          return E(b).call(thing, broken);
        },
      };
    },
    b: () => ({
      thing: () => Far('thing', { who: () => 'thing' }),
      fail() {
        throw RangeError('!fails');
      },
      text: () => 'text',
      async call(thing, broken) {
        log('thing', await E(thing).who());
        log('broken', await E(broken).who().catch(error => error));
      },
    }),
  },
  calls: [['a', 'run']],
};
