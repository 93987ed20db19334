/* Baggage: a map of strings to durable values, which a vat's next incarnation is given as well.
 *
 * In the vat's store: .baggage.$key = capdata
 *
 * Adds to the realm: baggage, third argument of buildRootObject.
 */
(realm => {
  'use strict';

  const { syscall } = realm.syscalls;
  const { read, write, remove, serialize, unserialize, changeStored } = realm.durables.stored;
  const { stringify, parse } = JSON;
  const { freeze } = Object;

  const BAGGAGE = '.baggage.';
  const baggageKey = key => {
    if (typeof key !== 'string' || !key.isWellFormed()) {
      throw TypeError('a key of baggage is a well-formed string');
    }
    return BAGGAGE + key;
  };
  const present = (key, text) => {
    if (text === null) throw Error(`baggage has no ${stringify(key)}`);
    return text;
  };
  const put = (key, before, value) => {
    const text = serialize(value);
    write(baggageKey(key), text);
    changeStored(before, text);
  };

  function* keys() {
    let at = BAGGAGE;
    for (;;) {
      at = syscall('vatstoreGetNextKey', at);
      if (at === null || !at.startsWith(BAGGAGE)) return;
      yield at.slice(BAGGAGE.length);
    }
  }
  function* values() {
    for (const key of keys()) yield baggage.get(key);
  }
  function* entries() {
    for (const key of keys()) yield freeze([key, baggage.get(key)]);
  }

  const baggage = {
    has: key => read(baggageKey(key)) !== null,
    get: key => unserialize(parse(present(key, read(baggageKey(key))))),
    init: (key, value) => {
      if (baggage.has(key)) throw Error(`baggage has ${stringify(key)} already`);
      put(key, undefined, value);
    },
    set: (key, value) => put(key, present(key, read(baggageKey(key))), value),
    delete: key => {
      const before = present(key, read(baggageKey(key)));
      remove(baggageKey(key));
      changeStored(before, undefined);
    },
    keys,
    values,
    entries,
    getSize: () => [...keys()].length,
  };

  return { ...realm, baggage };
})
