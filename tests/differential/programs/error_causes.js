/* Errors that hold others: cause, AggregateError, both, deep, and what cannot be passed there. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run(kind) {
          await E(b).fail(kind).catch(error => {
            log(kind, error);
            throw error;
          });
        },
      };
    },
    b: () => {
      const reasons = {
        cause: () => Error('outer', { cause: TypeError('inner') }),
        causeText: () => Error('outer', { cause: 'text' }),
        causeRecord: () => Error('outer', { cause: harden({ a: 1 }) }),
        causeUndefined: () => Error('outer', { cause: undefined }),
        deep: () => Error('1', { cause: Error('2', { cause: Error('3') }) }),
        many: () => AggregateError([Error('one'), RangeError('two')], 'many'),
        manyTexts: () => AggregateError(['one', 2], 'many'),
        noneOfMany: () => AggregateError([], 'none'),
        both: () => AggregateError([Error('one')], 'both', { cause: Error('why') }),
        functionCause: () => Error('outer', { cause: () => 1 }),
      };
      return {
        fail(kind) {
          throw harden(reasons[kind]());
        },
        async any() {
          await Promise.any([Promise.reject(Error('p')), Promise.reject(Error('q'))]);
        },
      };
    },
  },
  calls: [
    'cause', 'causeText', 'causeRecord', 'causeUndefined', 'deep', 'many', 'manyTexts',
    'noneOfMany', 'both', 'functionCause',
  ].map(kind => ['a', 'run', kind]).concat([['b', 'any']]),
};
