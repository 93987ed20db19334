/* What vatParameters arrive as. */
export const program = {
  parameters: {
    a: {
      text: '!text', hash: '#undefined', number: -0, list: [1, [2], {}], nothing: null,
      '!key': true, nested: { '@ref': 'x' }, big: 1e300,
    },
  },
  vats: {
    a: (_, parameters) => {
      log('at start', parameters);
      log('frozen', Object.isFrozen(parameters), Object.isFrozen(parameters.list));
      return { show: () => parameters };
    },
    b: (_, parameters) => ({ show: () => parameters }),
  },
  calls: [['a', 'show'], ['b', 'show']],
};
