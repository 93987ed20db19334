/* References: the names by which this vat and the kernel know objects, promises and devices.
 *
 *   o+N  objects of this vat (o+0 the root)   o-N  objects of others, as presences
 *   o+dK/I  durable ones (durables.js)
 *   p+N  promises allotted here               p-N  promises allotted by the kernel
 *   d-N  devices
 * A promise's reference is good until it is resolved; later uses of the same promise get a new one.
 * All are held strongly, but while the vat is reaped (garbage.js): what a vat does in between cannot
 * show what was collected.
 *
 * Adds to the realm: makeReferences({ importPromise, allotPromise }) → the tables and what reads
 * and changes them. importPromise(vref) makes a promise that others decide, allotPromise() a
 * reference; of either the kernel is told there.
 */
(realm => {
  'use strict';

  const { makeFace, makeReturning } = realm.remotables;

  const makeReferences = ({ importPromise, allotPromise }) => {
    const objects = new Map(); // vref → the object, presence, device or unresolved promise
    const vrefs = new WeakMap(); // the same, the other way round
    const dropped = new Set(); // of this vat's objects, those that the kernel only recognizes
    const untaken = new Set(); // of its objects and promises, those that the kernel never heard of
    const untold = new Map(); // vref of what is gone → what the kernel is still to be told
    let nextExport = 1; // o+0 is the root
    let durables; // of durables.js, which comes later

    const register = (vref, object) => {
      objects.set(vref, object);
      vrefs.set(object, vref);
      return object;
    };

    const forgetPromise = vref => {
      const promise = objects.get(vref);
      objects.delete(vref);
      untaken.delete(vref);
      if (promise !== undefined && vrefs.get(promise) === vref) vrefs.delete(promise);
    };

    /** The local value for a reference that came in. */
    const fromReference = (vref, name) => {
      const known = objects.get(vref);
      if (known !== undefined) return known;
      untold.delete(vref);
      if (durables.isDurable(vref)) return durables.revive(vref);
      if (vref[1] === '+') throw Error(`unknown reference ${vref}`);
      switch (vref[0]) {
        case 'd':
          return register(vref, makeFace({}, name ?? `Alleged: device ${vref}`));
        case 'o':
          return register(vref, makeReturning({}, name ?? `Alleged: presence ${vref}`));
        case 'p':
          return importPromise(vref);
        default:
          throw Error(`bad reference ${vref}`);
      }
    };

    /** The reference for a remotable or promise that is to go out. */
    const toReference = object => {
      const known = vrefs.get(object);
      if (known !== undefined) return known;
      const vref = object instanceof Promise ? allotPromise() : `o+${nextExport++}`;
      register(vref, object);
      untaken.add(vref);
      return vref;
    };

    /** The kernel has taken what named these remotables and promises. What it refuses, it does not
     *  hold, and will never let go of. */
    const taken = some => {
      for (const object of some) {
        const vref = vrefs.get(object);
        untaken.delete(vref);
        dropped.delete(vref);
        if (durables.isDurable(vref)) durables.noteExport(vref);
      }
    };

    /** The kernel holds these of this vat's objects no longer; it may still recognize them. */
    const drop = some => {
      for (const vref of some) if (objects.has(vref)) dropped.add(vref);
    };

    /** Forget objects of which the kernel said so. */
    const retire = retired => {
      for (const vref of retired) {
        vrefs.delete(objects.get(vref));
        objects.delete(vref);
        dropped.delete(vref);
        untaken.delete(vref);
        untold.delete(vref);
      }
    };

    const lendDurables = lent => {
      durables = lent;
    };

    return {
      lendDurables, objects, vrefs, dropped, untaken, untold, register, forgetPromise, drop, retire,
      fromReference, toReference, taken,
    };
  };

  return { ...realm, makeReferences };
})
