/* What cannot be passed, as argument, result and reason: what the sender is told. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async give(kind) {
          const refusal = error => (error instanceof Error ? 'refused' : error);
          log('answer', await E(b).give(kind).catch(refusal));
          log('reason', await E(b).fail(kind).catch(refusal));
          log('deep', await E(b).deep(kind).catch(refusal));
          log('argument', await E(b).sendTo(kind).catch(refusal));
        },
        take(value) {
          log('takes', typeof value);
          return 'taken';
        },
      };
    },
    b: () => {
      let a;
      const kinds = {
        function: () => () => 1,
        symbol: () => Symbol('local'),
        map: () => new Map(),
        set: () => new Set(),
        weakMap: () => new WeakMap(),
        regexp: () => /x/,
        classInstance: () => new (class Thing {})(),
        bytes: () => new Uint8Array(2),
        mixed: () => ({ value: 1, method() {} }),
        methods: () => ({ method() {} }),
        symbolKey: () => ({ [Symbol('k')]: 1 }),
        hidden: () => Object.defineProperty({}, 'x', { value: 1 }),
        getter: () => ({ get x() { return 1; } }),
        sparse: () => [1, , 3], // eslint-disable-line no-sparse-arrays
        longArray: () => Object.assign([1], { extra: 2 }),
        nullProto: () => Object.assign(Object.create(null), { a: 1 }),
        subclass: () => new (class MyError extends Error {})('sub'),
        boxed: () => Object(1),
        proxy: () => new Proxy({}, {}),
        promiseLike: () => ({ then: 1 }),
        generator: () => (function* g() {})(),
      };
      const make = kind => harden(kinds[kind]());
      return {
        meet(vats) {
          ({ a } = vats);
        },
        give: make,
        fail(kind) {
          throw make(kind);
        },
        deep: kind => harden({ a: [make(kind)] }),
        sendTo: kind => E(a).take(make(kind)),
      };
    },
  },
  calls: [
    'function', 'symbol', 'map', 'set', 'weakMap', 'regexp', 'classInstance', 'bytes', 'mixed',
    'methods', 'symbolKey', 'hidden', 'getter', 'sparse', 'longArray', 'nullProto', 'subclass',
    'boxed', 'proxy', 'promiseLike', 'generator',
  ].map(kind => ['a', 'give', kind]),
};
