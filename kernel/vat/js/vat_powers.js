/* Vat powers: what a vat is given besides the language.
 *
 * Adds to the realm: vatPowers, the first argument of buildRootObject.
 */
(realm => {
  'use strict';

  const { syscall, syscallText } = realm.syscalls;
  const { vrefs } = realm.references;
  const { serialize, unserialize } = realm.marshal;
  const { makeSender } = realm.eventualSend;
  const { stringify } = JSON;

  const D = makeSender((device, method, args) => {
    const vref = vrefs.get(device);
    if (vref === undefined || vref[0] !== 'd') throw TypeError('D needs a device');
    if (typeof method !== 'string') throw TypeError('a method is named by a string');
    const data = serialize(args);
    return unserialize(syscallText(`["callNow","${vref}",${stringify(method)},${data}]`));
  });

  /* Half a surrogate pair has no form in the store: two keys could become one. */
  const storable = value => {
    const text = `${value}`;
    if (!text.isWellFormed()) throw TypeError('text with half a surrogate pair cannot be stored');
    return text;
  };

  const vatstore = {
    get: key => {
      const value = syscall('vatstoreGet', storable(key));
      return value === null ? undefined : value;
    },
    set: (key, value) => void syscall('vatstoreSet', storable(key), storable(value)),
    delete: key => void syscall('vatstoreDelete', storable(key)),
    getNextKey: prior => {
      const key = syscall('vatstoreGetNextKey', storable(prior));
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
