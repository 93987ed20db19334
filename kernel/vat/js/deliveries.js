/* Deliveries: what the kernel brings, by type.
 *
 * Adds to the realm: deliver, a function for each type, callObject, which is what a message is when
 * its parts came one by one, and startFrom(buildRootObject), which says what startVat calls. A
 * delivery that returns a promise is done when that is.
 */
(realm => {
  'use strict';

  const { vatPowers } = realm;
  const { later } = realm.host;
  const { reap, retireImports } = realm.garbage;
  const { interfaceOf, callLocal } = realm.remotables;
  const { objects, vrefs, register, drop, retire, fromReference } = realm.references;
  const { durables, baggage } = realm;
  const { checkKinds, isDurable } = durables;
  const { unserialize, parseBody, decode, decodeItems } = realm.marshal;
  const { NOTHING, makeHandled, hardenIfPossible } = realm.handledPromises;
  const { settlers, collectImports, forgetPromise, decide, settle } = realm.promises;

  let buildRootObject;
  const startFrom = build => {
    buildRootObject = build;
  };

  const isObject = value =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const isOrdinary = vref => !isDurable(vref);

  const mayBeThenable = value => {
    try {
      return isObject(value) && typeof value.then === 'function';
    } catch {
      return true; // it throws when it is resolved to, which is told
    }
  };

  /** Tell the kernel what a message came to, now or later: a job after the method answered, or when
   *  the promise that it answered is settled. */
  const answer = (result, rejected, outcome) => {
    const settler = settlers.get(result);
    if (settler === undefined && (rejected || !mayBeThenable(outcome))) {
      if (later() === undefined) {
        settle(result, rejected, outcome); // nothing could come in between
      } else {
        hardenIfPossible(outcome);
        NOTHING.then(() => settle(result, rejected, outcome));
      }
      return;
    }
    const { promise, resolve, reject } = makeHandled();
    if (rejected) reject(outcome);
    else resolve(hardenIfPossible(outcome));
    if (settler === undefined) {
      register(result, promise);
    } else { // it was ours to wait for, and is now ours to decide
      settlers.delete(result);
      settler.resolve(promise);
    }
    decide(result, objects.get(result));
  };

  /** `body` and `slots` are the call's capdata; without a result nobody asked for it. */
  const callObject = (vref, body, slots, result) => {
    const target = objects.get(vref) ?? (isDurable(vref) ? fromReference(vref) : undefined);
    if (target === undefined || vref[0] !== 'o') throw Error(`no object ${vref}`);
    let outcome;
    let rejected = false;
    try {
      const call = parseBody(body);
      const args = decodeItems(call[1], slots);
      outcome = callLocal(target, decode(call[0], slots), args);
    } catch (reason) {
      outcome = reason;
      rejected = true;
    }
    if (result) answer(result, rejected, outcome);
  };

  const deliver = {
    startVat: async parameters => {
      const root = await buildRootObject(vatPowers, unserialize(parameters), baggage);
      if (!isObject(root) || interfaceOf(root) === undefined) {
        throw TypeError('buildRootObject must return a Far object');
      }
      if (vrefs.has(root)) throw TypeError('the root object was exported too early');
      register('o+0', root);
      checkKinds();
    },

    message: (vref, { methargs, result }) =>
      callObject(vref, methargs.body, methargs.slots, result),

    notify: resolutions => collectImports(() => {
      for (const [vref, rejected, data] of resolutions) {
        const settler = settlers.get(vref);
        if (settler === undefined) throw Error(`nobody waits for ${vref}`);
        try {
          const value = unserialize(data);
          if (rejected) settler.reject(value);
          else settler.resolve(value);
        } catch (problem) {
          settler.reject(problem); // its sender's fault
        }
      }
      for (const [vref] of resolutions) {
        settlers.delete(vref);
        forgetPromise(vref);
      }
    }),

    dropExports: vrefs => {
      drop(vrefs.filter(isOrdinary));
      durables.drop(vrefs);
    },
    retireExports: vrefs => {
      retire(vrefs.filter(isOrdinary));
      durables.retire(vrefs);
    },
    retireImports,
    bringOutYourDead: reap,
    stopVat: () => {},
    changeVatOptions: () => {},
  };

  return { ...realm, deliver, callObject, startFrom };
})
