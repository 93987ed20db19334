/* Eventual send: E(target).method(…), to what is elsewhere by a syscall, to what is here later.
 *
 * E(target)(…) calls a function, E.sendOnly wants no answer, E.get(target).key is a promise for a
 * property, E.when(value, …) and E.resolve(value) wait.
 *
 * Adds to the realm: eventualSend, with E.
 */
(realm => {
  'use strict';

  const { syscall, syscallSend } = realm.syscalls;
  const { callLocal } = realm.remotables;
  const { vrefs } = realm.references;
  const { serialize } = realm.marshal;
  const { settlers, importPromise, allotPromise } = realm.promises;
  const { quote: q, details: X, Fail, makeError } = realm.assert;
  const { freeze, setPrototypeOf } = Object;
  const { ownKeys } = Reflect;

  /** Where a send to `target` goes: a reference, or undefined for what is here. */
  const remoteReference = target => {
    const vref = vrefs.get(target);
    if (vref === undefined) return undefined;
    if (vref[1] === '-' && vref[0] === 'o') return vref;
    return vref[0] === 'p' && settlers.has(vref) ? vref : undefined;
  };

  const isObject = value =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const sendTo = (target, method, args, wanted) => {
    const vref = isObject(target) ? remoteReference(target) : undefined;
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
      return callLocal(known, method, args);
    });
  };

  // ---- E ----

  const send = (target, method, args) => {
    try {
      return freeze(sendTo(target, method, args, true));
    } catch (problem) {
      return Promise.reject(problem);
    }
  };
  const sendOnly = (target, method, args) => {
    const local = sendTo(target, method, args, false);
    if (local !== undefined) local.catch(() => {});
  };

  /* What the proxies stand on: callable, frozen, and without a property that would have to show. */
  const ground = () => {};
  for (const key of ownKeys(ground)) delete ground[key];
  freeze(setPrototypeOf(ground, null));

  const refuseChange = {
    set: () => false, isExtensible: () => false, setPrototypeOf: () => false,
    deleteProperty: () => false, has: () => true,
  };

  /** Gives its argument an object of all methods, which is a function as well. `wrong(method,
   *  target)` is what comes of a method that was taken off it. */
  const makeSender = (sendHow, wrong) => target =>
    new Proxy(ground, {
      ...refuseChange,
      get: (_, method, receiver) => {
        const bound = {
          [method](...args) {
            if (this !== receiver) return wrong(method, target);
            return sendHow(target, method, args);
          },
        };
        return freeze(bound[method]);
      },
      apply: (_, _this, args) => sendHow(target, undefined, args),
    });

  const E = makeSender(send, (method, target) =>
    Promise.reject(
      makeError(X`Unexpected receiver for "${q(method)}" method of E(${q(target)})`),
    ));
  E.sendOnly = makeSender(sendOnly, (method, target) =>
    Fail`Unexpected receiver for "${q(method)}" method of E.sendOnly(${q(target)})`);

  const resolve = value => freeze(Promise.resolve(value));

  E.resolve = resolve;
  E.when = (value, onFulfilled, onRejected) => resolve(value).then(onFulfilled, onRejected);
  E.get = target =>
    new Proxy(ground, {
      ...refuseChange,
      get: (_, key) => resolve(target).then(known => known[key]),
    });

  return { ...realm, eventualSend: { E } };
})
