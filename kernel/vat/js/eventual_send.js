/* Eventual send: E(target).method(…), to what is elsewhere by a syscall, to what is here later.
 *
 * E(target)(…) calls a function, E.sendOnly wants no answer, E.get(target).key is a promise for a
 * property, E.when(value, …) and E.resolve(value) wait.
 *
 * Adds to the realm: eventualSend, with E.
 */
(realm => {
  'use strict';

  const { harden } = realm;
  const { callLocal } = realm.remotables;
  const { vrefs } = realm.references;
  const { NOTHING, makeHandled, endOf, wayOf, resolveHandled } = realm.handledPromises;
  const { send, sendOnly } = realm.promises;
  const { quote: q, details: X, Fail, makeError } = realm.assert;
  const { freeze, setPrototypeOf } = Object;
  const { ownKeys } = Reflect;

  /* A message is { key, args, isWanted }, with `args` undefined where a property is asked for. */

  /** What comes of it at a target that is known; the vat knows the answer by `promise`. */
  const perform = (known, { key, args, isWanted }, promise) => {
    if (args === undefined) return known[key];
    const vref = vrefs.get(known);
    if (vref?.[0] !== 'o' || vref[1] !== '-') return callLocal(known, key, args);
    return isWanted ? send(vref, key, args, promise) : sendOnly(vref, key, args);
  };

  /** What comes of it at a promise that is not settled, but has a way. */
  const performAlong = (target, way, message, promise) => {
    const { key, args, isWanted } = message;
    if (way.presence !== undefined) return perform(way.presence, message, promise);
    if (way.vref === undefined) {
      const later = makeHandled();
      way.jobs.push(() => later.resolve(handle(target, message)));
      return later.promise;
    }
    if (args === undefined) return target.then(known => known[key]);
    return isWanted ? send(way.vref, key, args, promise) : sendOnly(way.vref, key, args);
  };

  /** A promise for what comes of `message` at `target`, of which it is either the value or the way
   *  that is found first, in a later turn. */
  const handle = (target, message) => {
    const { promise, resolve, reject } = makeHandled();
    let isOver = false;
    const finish = attempt => {
      if (isOver) return;
      isOver = true;
      try {
        const outcome = harden(attempt());
        resolve(message.isWanted ? outcome : undefined);
      } catch (reason) {
        reject(reason);
      }
    };
    const lose = reason => {
      if (!isOver) reject(reason);
      isOver = true;
    };
    Promise.resolve(target).then(
      known => finish(() => perform(known, message, promise)),
      reason => void NOTHING.then(() => lose(reason)),
    );
    if (wayOf(target) !== undefined) {
      NOTHING.then(() => {
        const end = endOf(target);
        const way = wayOf(end);
        if (way !== undefined) finish(() => performAlong(end, way, message, promise));
      });
    }
    return promise;
  };

  // ---- E ----

  const hardened = args => {
    for (const arg of args) harden(arg);
    return args;
  };
  const sendHow = isWanted => (target, key, args) =>
    handle(harden(target), { key, args: hardened(args), isWanted });

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
  const makeSender = (sendNow, wrong) => target =>
    new Proxy(ground, {
      ...refuseChange,
      get: (_, method, receiver) => {
        const bound = {
          [method](...args) {
            if (this !== receiver) return wrong(method, target);
            return sendNow(target, method, args);
          },
        };
        return freeze(bound[method]);
      },
      apply: (_, _this, args) => sendNow(target, undefined, args),
    });

  const E = makeSender(sendHow(true), (method, target) =>
    Promise.reject(
      makeError(X`Unexpected receiver for "${q(method)}" method of E(${q(target)})`),
    ));
  E.sendOnly = makeSender((...sent) => void sendHow(false)(...sent), (method, target) =>
    Fail`Unexpected receiver for "${q(method)}" method of E.sendOnly(${q(target)})`);

  E.resolve = resolveHandled;
  E.when = (value, onFulfilled, onRejected) =>
    resolveHandled(value).then(onFulfilled, onRejected);
  E.get = target =>
    new Proxy(ground, {
      ...refuseChange,
      get: (_, key) => handle(harden(target), { key, args: undefined, isWanted: true }),
    });

  return { ...realm, eventualSend: { E } };
})
