/* Assert: checks that throw, for vats.
 *
 * Adds to the realm: assert.
 */
(realm => {
  'use strict';

  const { show } = realm;

  const assert = (condition, details = 'check failed') => {
    if (!condition) throw Error(`${details}`);
  };
  assert.fail = (details = 'check failed') => {
    throw Error(`${details}`);
  };
  assert.equal = (actual, expected, details) => {
    assert(Object.is(actual, expected), details ?? `expected ${show(actual)} is ${show(expected)}`);
  };
  assert.typeof = (value, type, details) => {
    assert(typeof value === type, details ?? `${show(value)} must be a ${type}`);
  };

  return { ...realm, assert };
})
