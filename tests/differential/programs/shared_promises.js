/* One promise in several hands: identity on the way, order in which each is told, used again once
 * it is settled. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      let d;
      let p;
      return {
        meet(vats) {
          ({ b, c, d } = vats);
        },
        async run() {
          p = E(b).later();
          E(c).keep(p);
          E(d).keep(p);
          E(c).keep(harden([p, { again: p }]));
          watch('a', p);
          log('twice', await E(b).same(p, p), await E(b).isResult(p));
        },
        settle: (how, value) => E(b).settle(how, value),
        again() {
          E(c).keep(p);
          E(d).keep(harden([p]));
          watch('a again', p);
          watch('same', E(b).same(p, p));
        },
      };
    },
    b: () => {
      let settlers;
      let made;
      return {
        later() {
          made = new Promise((resolve, reject) => {
            settlers = { resolve, reject };
          });
          return made;
        },
        settle(how, value) {
          settlers[how](value);
        },
        same: (x, y) => x === y,
        isResult: x => x === made,
      };
    },
    c: () => ({
      keep(value) {
        log('keeps', value);
        if (Array.isArray(value)) {
          log('one', value[0] === value[1].again);
          watch('c in list', value[0]);
        } else {
          watch('c', value);
        }
      },
    }),
    d: () => ({
      keep(value) {
        log('keeps', value);
        watch('d', Array.isArray(value) ? value[0] : value);
      },
    }),
  },
  calls: [['a', 'run'], ['a', 'settle', 'resolve', { done: 1 }], ['a', 'again'], ['a', 'again']],
};
