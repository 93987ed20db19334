/* One promise in several hands: identity on the way, order in which each is told, used again once
 * it is rejected. */
import { program as shared } from './shared_promises.js';

export const program = {
  ...shared,
  calls: [['a', 'run'], ['a', 'settle', 'reject', '!no'], ['a', 'again'], ['a', 'again']],
};
