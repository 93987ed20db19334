/* What vats say when they end: all kinds of reasons, presences and promises among them. */
const dying = ({ exitVat, exitVatWithFailure }) => {
  let a;
  return {
    meet(vats) {
      ({ a } = vats);
    },
    never: () => new Promise(() => {}),
    end(how, kind) {
      const values = harden({
        nothing: undefined, text: '!text', error: TypeError('reason'), record: { a: 1n },
        presence: a, own: Far('own', {}), promise: Promise.resolve(1), list: [1, 'two'],
      });
      (how === 'exit' ? exitVat : exitVatWithFailure)(values[kind]);
    },
  };
};
const kinds = ['nothing', 'text', 'error', 'record', 'presence', 'own', 'promise', 'list'];
const names = kinds.flatMap(kind => [`x_${kind}`, `f_${kind}`]);

export const program = {
  vats: {
    a: () => {
      let vats;
      return {
        meet(all) {
          vats = all;
        },
        end(name, how, kind) {
          watch('never', E(vats[name]).never());
          watch('end', E(vats[name]).end(how, kind));
        },
      };
    },
    ...Object.fromEntries(names.map(name => [name, dying])),
  },
  calls: names.map(name => [
    'a', 'end', name, name[0] === 'x' ? 'exit' : 'fail', name.slice(2),
  ]),
};
