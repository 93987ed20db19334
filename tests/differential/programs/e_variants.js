/* E.get, E.when, E.resolve, E.sendOnly, on what is here and what is elsewhere. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async get() {
          const record = harden({ field: 7, inner: { deep: 8 } });
          const problem = error => error;
          log('local', await E.get(record).field);
          log('missing', await E.get(record).nothing);
          log('promise', await E.get(Promise.resolve(record)).field);
          log('nested', await E.get(E.get(record).inner).deep);
          log('remote', await E.get(E(b).record()).field);
          log('length', await E.get(harden([1, 2, 3])).length);
          log('rejected', await E.get(Promise.reject(Error('no'))).field.catch(problem));
          log('presence', await E.get(b).field);
          log('undefined', await E.get(undefined).field.catch(problem));
        },
        async when() {
          log('value', await E.when(5));
          log('called', await E.when(5, n => n + 1));
          log('remote', await E.when(E(b).record(), r => r.field));
          log('rejected', await E.when(E(b).fail(), undefined, e => `caught ${e.message}`));
          const fail = () => {
            throw Error('in callback');
          };
          log('throws', await E.when(1, fail).catch(error => error));
        },
        async resolve() {
          log('value', await E.resolve(5));
          log('remote', await E.resolve(E(b).record()));
          log('rejected', await E.resolve(Promise.reject(Error('r'))).catch(error => error));
          log('promise', E.resolve(5) instanceof Promise);
        },
        sendOnly() {
          log('gives', E.sendOnly(b).note('once'));
          log('gives', E.sendOnly(b).fail());
          log('gives', E.sendOnly(E(b).record()).field());
          const own = Far('own', { note: text => log('own note', text) });
          log('gives', E.sendOnly(own).note('here'));
          log('sent');
        },
      };
    },
    b: () => ({
      record: () => harden({ field: 9 }),
      fail() {
        throw Error('fails');
      },
      note(text) {
        log('notes', text);
        return text;
      },
    }),
  },
  calls: [['a', 'get'], ['a', 'when'], ['a', 'resolve'], ['a', 'sendOnly']],
};
