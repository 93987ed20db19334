/* Vat powers: what a vat is given besides the language.
 *
 * Adds to the realm: vatPowers, the first argument of buildRootObject.
 */
(realm => {
  'use strict';

  const { syscall, syscallText } = realm.syscalls;
  const { vrefs, taken } = realm.references;
  const { serialize, unserialize } = realm.marshal;
  const { isPromise } = realm.passStyles;
  const { freeze } = Object;
  const { stringify } = JSON;

  const callDevice = (vref, method, args) => {
    const held = [];
    const data = serialize(args, held);
    if (held.some(isPromise)) throw Error('D() arguments cannot include a Promise');
    const answer = syscallText(`["callNow","${vref}",${stringify(method)},${data}]`);
    taken(held); // a device that answers with an error has kept nothing
    return unserialize(answer);
  };

  const senders = new WeakSet();

  /** D(device).method(…): a device answers at once. */
  const D = device => {
    if (senders.has(device)) throw Error('D(D(x)) is invalid');
    const vref = vrefs.get(device);
    if (vref === undefined || vref[0] !== 'd') throw Error('D() must be given a device node');
    const sender = freeze(new Proxy({}, {
      get: (_, method) =>
        (typeof method === 'string' ? (...args) => callDevice(vref, method, args) : undefined),
    }));
    senders.add(sender);
    return sender;
  };

  /* Half a surrogate pair has no form in the store: two keys could become one. */
  const storable = value => {
    const text = `${value}`;
    if (!text.isWellFormed()) throw TypeError('text with half a surrogate pair cannot be stored');
    return text;
  };

  /* What begins with "." is the supervisor's (durables.js). */
  const ownKey = key => {
    const text = storable(key);
    if (text[0] === '.') throw TypeError('a key that begins with "." is not the vat\'s own');
    return text;
  };
  const BEHIND_OURS = '.\u{10ffff}';

  const vatstore = {
    get: key => {
      const value = syscall('vatstoreGet', ownKey(key));
      return value === null ? undefined : value;
    },
    set: (key, value) => void syscall('vatstoreSet', ownKey(key), storable(value)),
    delete: key => void syscall('vatstoreDelete', ownKey(key)),
    getNextKey: prior => {
      let key = syscall('vatstoreGetNextKey', storable(prior));
      if (key?.[0] === '.') key = syscall('vatstoreGetNextKey', BEHIND_OURS);
      return key === null ? undefined : key;
    },
  };

  const vatPowers = {
    D,
    vatstore,
    exitVat: completion => void syscallText(`["exit",false,${serialize(completion)}]`),
    exitVatWithFailure: reason => void syscallText(`["exit",true,${serialize(reason)}]`),
  };

  return { ...realm, vatPowers };
})
