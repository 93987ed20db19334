/* What an inbound call is answered, for every kind of value. */
export const program = {
  vats: {
    a: () => {
      const thing = Far('thing', {});
      const values = {
        number: 1.5, negativeZero: -0, nan: NaN, infinity: Infinity, bigint: 12n, minus: -12n,
        nothing: undefined, nil: null, yes: true, text: 'text', bang: '!text', at: '@ref',
        hash: '#undefined', list: [1, undefined, 'x'], record: { b: 1, a: { c: 2n } },
        forged: { '@ref': 'thing', '@promise': 1 }, thing, two: [thing, thing],
        error: Error('inside'), errors: [TypeError('!a'), { e: RangeError('b') }],
        promise: Promise.resolve(1), emptyList: [], emptyRecord: {},
      };
      return {
        give: name => harden(values)[name],
        fail(name) {
          throw harden(values)[name];
        },
        rootItself: () => thing,
      };
    },
  },
  calls: [
    'number', 'negativeZero', 'nan', 'infinity', 'bigint', 'minus', 'nothing', 'nil', 'yes', 'text',
    'bang', 'at', 'hash', 'list', 'record', 'forged', 'thing', 'two', 'error', 'errors',
    'emptyList', 'emptyRecord',
  ].flatMap(name => [['a', 'give', name], ['a', 'fail', name]]),
};
