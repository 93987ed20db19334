/* A vat that ends with a failure: what its callers, those who wait for it, and late callers are told. */
import { program as exit } from './exit.js';

export const program = {
  ...exit,
  calls: [['a', 'wait'], ['a', 'end', 'fail', 'broken'], ['a', 'late'], ['b', 'note', 'outside']],
};
