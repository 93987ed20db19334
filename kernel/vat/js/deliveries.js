/* Deliveries: what the kernel brings, by type.
 *
 * Adds to the realm: deliver, a function for each type, and startFrom(buildRootObject), which says
 * what startVat calls. A delivery that returns a promise is done when that is.
 */
(realm => {
  'use strict';

  const { vatPowers } = realm;
  const { reap, retireImports } = realm.garbage;
  const { interfaceOf, callLocal } = realm.remotables;
  const { objects, vrefs, register, drop, retire, fromReference } = realm.references;
  const { durables, baggage } = realm;
  const { checkKinds, isDurable } = durables;
  const { unserialize, parseBody, decode, decodeItems } = realm.marshal;
  const { settlers, settle, settled, isThenable, decideResult } = realm.promises;

  let buildRootObject;
  const startFrom = build => {
    buildRootObject = build;
  };

  const isObject = value => Object(value) === value;

  const isOrdinary = vref => !isDurable(vref);

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

    message: (vref, message) => {
      const target = isDurable(vref) ? fromReference(vref) : objects.get(vref);
      if (target === undefined || vref[0] !== 'o') throw Error(`no object ${vref}`);
      const { methargs, result } = message;
      let outcome;
      try {
        const call = parseBody(methargs.body);
        const args = decodeItems(call[1], methargs.slots);
        outcome = callLocal(target, decode(call[0], methargs.slots), args);
        if (isThenable(outcome)) {
          decideResult(result, outcome);
          return;
        }
      } catch (reason) {
        if (result) settle(result, true, reason);
        return;
      }
      if (result) settle(result, false, outcome);
    },

    notify: resolutions => {
      // All values first: they may speak of one another's promises.
      const arrived = resolutions.map(([vref, rejected, data]) => {
        const settler = settlers.get(vref);
        if (settler === undefined) throw Error(`nobody waits for ${vref}`);
        try {
          return { vref, settler, rejected, value: unserialize(data) };
        } catch (problem) {
          return { vref, settler, rejected: true, value: problem }; // its sender's fault
        }
      });
      for (const { vref, settler, rejected, value } of arrived) {
        settlers.delete(vref);
        settled({ vref, rejected, value });
        if (rejected) settler.reject(value);
        else settler.resolve(value);
      }
    },

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

  return { ...realm, deliver, startFrom };
})
