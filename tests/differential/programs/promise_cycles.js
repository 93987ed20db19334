/* Promises whose values hold themselves or each other. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const own = await E(b).self();
          log('self', own);
          const again = await own.me;
          log('again', again, again.me === own.me);
          const [left, right] = await E(b).pair();
          const l = await left;
          const r = await right;
          log('pair', l, r);
          const ll = await r.other;
          log('left again', ll);
          const ring = await E(b).ring(5);
          let at = ring;
          for (let i = 0; i < 7; i += 1) {
            log('ring', at.n);
            at = await at.next;
          }
          return E(b).take(left, right);
        },
        direct() {
          const p = E(b).direct();
          watch('direct', p);
        },
      };
    },
    b: () => {
      const later = () => {
        let resolve;
        const promise = new Promise(settle => {
          resolve = settle;
        });
        return { promise, resolve };
      };
      return {
        self() {
          const { promise, resolve } = later();
          resolve(harden({ me: promise }));
          return promise;
        },
        pair() {
          const l = later();
          const r = later();
          l.resolve(harden({ name: 'left', other: r.promise }));
          r.resolve(harden({ name: 'right', other: l.promise }));
          return harden([l.promise, r.promise]);
        },
        ring(count) {
          const all = Array.from({ length: count }, later);
          all.forEach(({ resolve }, n) =>
            resolve(harden({ n, next: all[(n + 1) % count].promise })),
          );
          return all[0].promise;
        },
        async take(left, right) {
          const l = await left;
          log('takes', l, await right);
          return l.name;
        },
        direct() {
          const { promise, resolve } = later();
          resolve(promise);
          return promise;
        },
      };
    },
  },
  calls: [['a', 'run'], ['a', 'direct']],
};
