/* Errors between vats: names, texts that begin with anything, what is no error. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run(kind) {
          try {
            log(kind, 'answered', await E(b).fail(kind));
          } catch (error) {
            log(kind, error, error instanceof Error);
            if (typeof error !== 'object') throw error;
            log(kind, 'own keys', Reflect.ownKeys(error).filter(key => key !== 'stack').sort());
            throw error;
          }
        },
        async back(kind) {
          const error = await E(b).value(kind);
          log('value', error);
          return E(b).look(error);
        },
      };
    },
    b: () => {
      const reasons = {
        plain: () => Error('plain'),
        type: () => TypeError('type'),
        range: () => RangeError('range'),
        syntax: () => SyntaxError('syntax'),
        reference: () => ReferenceError('reference'),
        uri: () => URIError('uri'),
        eval: () => EvalError('eval'),
        empty: () => Error(''),
        none: () => Error(),
        number: () => Error(5),
        bang: () => Error('!bang'),
        hash: () => Error('#undefined'),
        dollar: () => Error('$0'),
        ampersand: () => Error('&0'),
        percent: () => Error('%sym'),
        plus: () => Error('+7'),
        lines: () => Error('one\ntwo\u2028three\u0000'),
        named: () => Object.defineProperty(Error('named'), 'name', { value: 'MyError' }),
        oddName: () => Object.defineProperty(Error('odd'), 'name', { value: '!odd' }),
        text: () => 'text',
        bangText: () => '!text',
        zero: () => 0,
        nothing: () => undefined,
        record: () => harden({ code: 7, why: 'record' }),
        list: () => harden(['list', 1n]),
        extra: () => Object.assign(Error('extra'), { code: 'E1' }),
      };
      return {
        fail(kind) {
          throw harden(reasons[kind]());
        },
        value: kind => harden(reasons[kind]()),
        look(error) {
          log('looks at', error);
          return error;
        },
      };
    },
  },
  calls: [
    'plain', 'type', 'range', 'syntax', 'reference', 'uri', 'eval', 'empty', 'none', 'number',
    'bang', 'hash', 'dollar', 'ampersand', 'percent', 'plus', 'lines', 'named', 'oddName', 'text',
    'bangText', 'zero', 'nothing', 'record', 'list', 'extra',
  ].map(kind => ['a', 'run', kind]).concat([['a', 'back', 'bang'], ['a', 'back', 'type']]),
};
