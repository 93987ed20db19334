/* Promises: those that others decide, and those that this vat does and tells the kernel of.
 *
 * References and smallcaps come together here, for each needs the other and both need promises:
 * a value speaks of promises, which settle to values.
 *
 * Adds to the realm: references (references.js), marshal (smallcaps.js), promises
 *   settlers   vref of a promise that others decide → { resolve, reject }
 *   allotPromise()        a new promise's reference
 *   importPromise(vref)   make a promise that others decide
 *   isThenable, settle    tell the kernel what became of a promise
 *   settled    note what became of one that the kernel told of
 *   decideResult   tell the kernel of a delivery's result, once it is known
 */
(realm => {
  'use strict';

  const { makeReferences, makeSmallcaps } = realm;
  const { syscallResolve } = realm.syscalls;
  const { freeze } = Object;

  const settlers = new Map(); // vref of a promise that others decide → { resolve, reject }
  const outcomes = new WeakMap(); // promise that the kernel knows settled → { rejected, value }
  let nextPromise = 1;

  const importPromise = vref => {
    let settler;
    const promise = new Promise((resolve, reject) => {
      settler = { resolve, reject };
    });
    promise.catch(() => {}); // the vat need not look at it
    settlers.set(vref, settler);
    return register(vref, freeze(promise));
  };

  /** A new promise's reference. */
  const allotPromise = () => `p+${nextPromise++}`;

  const exportPromise = promise => {
    const vref = allotPromise();
    register(vref, promise);
    const settleExport = (rejected, value) => {
      if (objects.get(vref) === promise) settle(vref, rejected, value); // or it went along before
    };
    promise.then(
      value => settleExport(false, value),
      reason => settleExport(true, reason),
    );
    return vref;
  };

  const references = makeReferences({ importPromise, exportPromise });
  const { objects, register, forgetPromise, toReference, fromReference } = references;
  const marshal = makeSmallcaps({ toReference, fromReference });
  const { serialize, serializeReason } = marshal;

  const results = new Map(); // vref of a delivery's result → its promise, while it is pending

  /** What the kernel is told of a promise: what cannot be passed becomes a rejection. `spoken`: to
   *  this are added what the value speaks of. */
  const resolution = (vref, rejected, value, spoken) => {
    if (rejected) return { vref, rejected, value, data: serializeReason(value, spoken) };
    try {
      return { vref, rejected, value, data: serialize(value, spoken) };
    } catch (problem) {
      return resolution(vref, true, problem, spoken);
    }
  };

  /** Those of all settled promises that are spoken of, from `spoken` on, but of those in `listed`.
   *  They go along: told one after the other, two that speak of each other would be told for ever,
   *  each time under a new reference. */
  const resolutionsOf = (spoken, listed) => {
    const all = [];
    for (const promise of spoken) { // it grows
      const outcome = outcomes.get(promise);
      const vref = outcome && toReference(promise);
      if (outcome === undefined || listed.has(vref)) continue;
      listed.add(vref);
      all.push(resolution(vref, outcome.rejected, outcome.value, spoken));
    }
    return all;
  };
  const NONE = freeze([]);

  const settled = ({ vref, rejected, value }) => {
    const promise = objects.get(vref);
    if (promise !== undefined) outcomes.set(promise, { rejected, value });
    results.delete(vref);
    forgetPromise(vref);
  };

  /** Tell the kernel; what cannot be passed, or is too large, becomes a rejection that says so. */
  const settle = (vref, rejected, value) => {
    const spoken = [];
    let told = resolution(vref, rejected, value, spoken);
    let others = spoken.length === 0 ? NONE : resolutionsOf(spoken, new Set([vref]));
    try {
      syscallResolve(told, others);
    } catch (problem) {
      [told, others] = [resolution(vref, true, problem), NONE];
      syscallResolve(told, others);
    }
    settled(told);
    if (others !== NONE) others.forEach(settled);
    const settler = settlers.get(vref);
    if (settler !== undefined) {
      // It was ours to wait for, then ours to decide: the kernel tells only the others.
      settlers.delete(vref);
      if (told.rejected) settler.reject(told.value);
      else settler.resolve(told.value);
    }
  };

  const isThenable = value =>
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof value.then === 'function');

  const decideResult = (vref, outcome) => {
    const promise = Promise.resolve(outcome);
    if (!vref) {
      promise.catch(() => {}); // nobody asked
      return;
    }
    if (!objects.has(vref)) objects.set(vref, promise);
    results.set(vref, promise);
    promise.then(
      value => settle(vref, false, value),
      reason => settle(vref, true, reason),
    );
  };

  const promises = {
    settlers, allotPromise, importPromise, settle, settled, isThenable, decideResult,
  };
  return { ...realm, references, marshal, promises };
})
