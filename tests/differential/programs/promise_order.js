/* Sends of one turn arrive in their order, answers too; a promise's callbacks in order of then. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          for (const n of [1, 2, 3]) watch(`call ${n}`, E(b).take(n));
          const p = E(b).later();
          watch('first', p);
          watch('second', p);
          E(b).release('now');
          log('sent');
          return p;
        },
      };
    },
    b: () => {
      let resolve;
      return {
        take(n) {
          log('takes', n);
          return n * 10;
        },
        later() {
          return new Promise(settle => {
            resolve = settle;
          });
        },
        release(value) {
          log('releases');
          resolve(value);
        },
      };
    },
  },
  calls: [['a', 'run']],
};
