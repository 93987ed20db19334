/* A vat that ends with a failure: what its callers, those who wait for it, and late callers are told. */
export const program = {
  vats: {
    a: () => {
      let b;
      let c;
      let thing;
      return {
        meet(vats) {
          ({ b, c } = vats);
        },
        async wait() {
          thing = await E(b).thing();
          watch('never 1', E(b).never());
          watch('never 2', E(b).never());
          watch('c never', E(c).waitFor(E(b).never()));
        },
        end(how, value) {
          watch('before', E(b).note('before'));
          watch('the end', E(b)[how](value));
          watch('after', E(b).note('after'));
          watch('thing', E(thing).note('thing'));
          const late = E(b).never();
          watch('late', late);
          watch('pipelined', E(late).more());
        },
        late() {
          watch('root', E(b).note('late'));
          watch('thing', E(thing).note('late'));
          return E(c).use(thing);
        },
      };
    },
    b: ({ exitVat, exitVatWithFailure }) => ({
      never: () => new Promise(() => {}),
      thing: () => Far('thing', { note: text => log('thing notes', text) }),
      note(text) {
        log('notes', text);
        return text;
      },
      exit(value) {
        exitVat(value);
        log('still here');
        return 'last words';
      },
      fail(value) {
        exitVatWithFailure(Error(value));
        log('still here');
        return 'last words';
      },
    }),
    c: () => ({
      waitFor(promise) {
        watch('c waits', promise);
        return promise;
      },
      use: thing => E(thing).note('from c'),
    }),
  },
  calls: [['a', 'wait'], ['a', 'end', 'fail', 'broken'], ['a', 'late'], ['b', 'note', 'outside']],
};
