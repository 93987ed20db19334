/* Calls from outside to what is not there. */
export const program = {
  vats: {
    a: () => ({ there: () => 'here', value: () => Far('v', {}) }),
  },
  calls: [
    ['a', 'there'], ['a', 'missing'], ['a', ''], ['a', 'then'], ['a', 'constructor'],
    ['a', '__proto__'], ['a', '!bang'], ['a', '#x'], ['a', 'meet'],
  ],
};
