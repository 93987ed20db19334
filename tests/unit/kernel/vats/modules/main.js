import { Far } from '@endo/far';
import { makeTagged, getTag, passStyleOf } from '@endo/marshal';
import { Fail, q } from '@endo/errors';
import { sum, kept } from './lib/sums.js';

/* Three files that import one another in a ring, and what vats are given. */
export const word = 'main';

export const buildRootObject = (_powers, { first }) => {
  kept.push(first);
  return Far('root', {
    add(x) {
      kept.push(x);
      return sum();
    },
    bag: () => makeTagged('bag', [...kept]),
    style: value => [passStyleOf(value), getTag(makeTagged('t', 1))],
    refuse: value => Fail`not ${q(value)}`,
    load: () => import('./lib/sums.js'),
  });
};
