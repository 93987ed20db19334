/* Order inside one vat: promise jobs, sends to local objects, sends to others. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          const own = Far('own', {
            call(n) {
              log('own call', n);
              return n;
            },
          });
          log('begin');
          Promise.resolve(1).then(n => log('job', n));
          watch('own 1', E(own).call(1));
          watch('remote', E(b).call(2));
          Promise.resolve(3).then(n => log('job', n));
          watch('own 4', E(Promise.resolve(own)).call(4));
          watch('own 5', E(own).call(5));
          (async () => {
            log('async begin');
            await null;
            log('async 1');
            await null;
            log('async 2');
          })();
          log('end');
        },
      };
    },
    b: () => ({
      call(n) {
        log('call', n);
        return n;
      },
    }),
  },
  calls: [['a', 'run']],
};
