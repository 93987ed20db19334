/* What Far makes of things, and what it refuses. */
export const program = {
  vats: {
    a: () => {
      const attempt = (name, make) => {
        try {
          const thing = make();
          log(name, thing, Object.isFrozen(thing), String(thing));
        } catch (error) {
          log(name, error instanceof Error ? 'refused' : 'thrown');
        }
      };
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        make() {
          attempt('plain', () => Far('plain', { m() {} }));
          attempt('empty', () => Far('empty'));
          attempt('no name', () => Far());
          attempt('odd name', () => Far('odd: name.x', {}));
          attempt('empty name', () => Far('', {}));
          attempt('number', () => Far(5, {}));
          attempt('data', () => Far('data', { x: 1 }));
          attempt('getter', () => Far('getter', { get x() { return 1; } }));
          attempt('symbol key', () => Far('symbol', { [Symbol.asyncIterator]() {} }));
          attempt('local symbol', () => Far('symbol', { [Symbol('s')]() {} }));
          attempt('list', () => Far('list', []));
          attempt('twice', () => Far('two', Far('one', {})));
          attempt('frozen', () => Far('frozen', Object.freeze({ m() {} })));
          attempt('presence', () => Far('presence', b));
          attempt('instance', () => Far('instance', new (class C {})()));
        },
        presence() {
          log(b, String(b), Object.isFrozen(b), Reflect.ownKeys(b).length, typeof b.note);
        },
        async names() {
          for (const name of ['thing', 'thing', 'two words', '!x', 'x'.repeat(20)]) {
            log(await E(b).make(name));
          }
        },
      };
    },
    b: () => ({ note() {}, make: name => Far(name, {}) }),
  },
  calls: [['a', 'make'], ['a', 'presence'], ['a', 'names']],
};
