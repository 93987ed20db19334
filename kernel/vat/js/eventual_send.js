/* Eventual send: E(target).method(…), to what is elsewhere by a syscall, to what is here later.
 *
 * Adds to the realm: eventualSend
 *   E            for vats
 *   makeSender   makes E's like: a function that gives its argument an object of all methods
 */
(realm => {
  'use strict';

  const { syscall, syscallSend } = realm.syscalls;
  const { faces, callLocal } = realm.remotables;
  const { vrefs } = realm.references;
  const { serialize } = realm.marshal;
  const { settlers, importPromise, allotPromise } = realm.promises;
  const { stringify } = JSON;
  const { create } = Object;

  /** Where a send to `target` goes: a reference, or undefined for what is here. */
  const remoteReference = target => {
    const vref = vrefs.get(target);
    if (vref === undefined) return undefined;
    if (vref[1] === '-' && vref[0] === 'o') return vref;
    return vref[0] === 'p' && settlers.has(vref) ? vref : undefined;
  };

  const sendTo = (target, method, args, wanted) => {
    const isObject = typeof target === 'object' && target !== null;
    const vref = isObject ? remoteReference(target) : undefined;
    if (vref !== undefined) {
      const methargs = serialize([method, args]);
      if (!wanted) {
        syscallSend(vref, methargs, null);
        return undefined;
      }
      const result = allotPromise();
      syscallSend(vref, methargs, result);
      const promise = importPromise(result);
      syscall('subscribe', result);
      return promise;
    }
    // Here, but later; for a promise: when it is known where.
    return Promise.resolve(target).then(known => {
      if (known !== target) return sendTo(known, method, args, wanted);
      if (isObject && faces.has(known)) return callLocal(known, method, args);
      throw TypeError(`cannot send ${stringify(method)} to ${typeof known}`);
    });
  };

  const makeSender = send =>
    target =>
      new Proxy(create(null), {
        get: (_, method) => (...args) => send(target, method, args),
        has: () => true,
        set: () => false,
      });

  const E = makeSender((target, method, args) => {
    try {
      if (typeof method !== 'string') throw TypeError('a method is named by a string');
      return sendTo(target, method, args, true);
    } catch (problem) {
      return Promise.reject(problem);
    }
  });
  E.sendOnly = makeSender((target, method, args) => {
    if (typeof method !== 'string') throw TypeError('a method is named by a string');
    const local = sendTo(target, method, args, false);
    if (local !== undefined) local.catch(() => {});
  });
  E.when = (value, onFulfilled, onRejected) =>
    Promise.resolve(value).then(onFulfilled, onRejected);

  return { ...realm, eventualSend: { E, makeSender } };
})
