/* What a vat did in the delivery in which it failed is undone: sends, resolutions, words. An orderly
 * end keeps them. */
const mortal = ({ exitVat, exitVatWithFailure }) => {
  let a;
  let settle;
  return {
    meet(vats) {
      ({ a } = vats);
    },
    later: () =>
      new Promise(resolve => {
        settle = resolve;
      }),
    end(how) {
      log('ends by', how);
      E(a).hear('from the dying');
      settle('settled at the end');
      (how === 'exit' ? exitVat : exitVatWithFailure)('end');
      E(a).hear('after the end');
      return Promise.resolve().then(() => {
        log('a job later');
        return E(a).hear('a job later');
      });
    },
  };
};

export const program = {
  vats: {
    a: () => {
      let vats;
      return {
        meet(all) {
          vats = all;
        },
        hear(text) {
          log('hears', text);
          return 'heard';
        },
        run(name, how) {
          watch('later', E(vats[name]).later());
          watch('end', E(vats[name]).end(how));
        },
      };
    },
    b: mortal,
    c: mortal,
  },
  calls: [['a', 'run', 'b', 'exit'], ['a', 'run', 'c', 'fail']],
};
