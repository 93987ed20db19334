/* Messages that wait at a promise, then go where it leads: to the decider, a third vat, the sender
 * himself, data, a rejection; their order among others. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      const own = Far('own', {
        take(n) {
          log('own takes', n);
          return `own ${n}`;
        },
      });
      return {
        meet(vats) {
          ({ b, c } = vats);
        },
        run(kind) {
          const p = E(b).later();
          for (const n of [1, 2, 3, 4, 5, 6]) watch(`call ${n}`, E(p).take(n));
          E(c).alsoSend(p);
          watch('direct', E(c).take('direct'));
          E(b).settle(kind, c, own);
          watch('last', E(p).take('last'));
        },
      };
    },
    b: () => {
      let resolve;
      let reject;
      const mine = Far('mine', {
        take(n) {
          log('mine takes', n);
          return `mine ${n}`;
        },
      });
      return {
        later: () =>
          new Promise((...both) => {
            [resolve, reject] = both;
          }),
        settle(kind, third, senders) {
          log('settles', kind);
          if (kind === 'mine') resolve(mine);
          if (kind === 'third') resolve(third);
          if (kind === 'senders') resolve(senders);
          if (kind === 'data') resolve('data');
          if (kind === 'rejected') reject(Error('nowhere'));
          if (kind === 'promise') resolve(E(third).give());
        },
      };
    },
    c: () => ({
      take(n) {
        log('takes', n);
        return `c ${n}`;
      },
      alsoSend(p) {
        watch('c call', E(p).take('from c'));
      },
      give: () => Far('given', { take: n => `given ${n}` }),
    }),
  },
  calls: ['mine', 'third', 'senders', 'data', 'rejected', 'promise'].map(kind => ['a', 'run', kind]),
};
