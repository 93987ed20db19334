/* Promises: those that others decide, and those that this vat does and tells the kernel of.
 *
 * References and smallcaps come together here, for each needs the other and both need promises:
 * a value speaks of promises, which settle to values. The turns in which the kernel is told, and
 * the order, are those of SwingSet's vats.
 *
 * Adds to the realm: references (references.js), marshal (smallcaps.js), handledPromises, promises
 *   sendOnly(vref, key, args)        send a message that wants no answer
 *   send(vref, key, args, promise)   send one; the promise of its answer. The vat knows it by
 *                           `promise`, which is to be resolved to it
 *   settlers                vref of a promise that others decide → what settles it
 *   collectImports(read)    read(); then subscribe to the promises that came and are still pending
 *   forgetPromise(vref)     its reference is no longer good
 *   decide(vref, promise)   the kernel waits for this vat to settle it
 *   settle(vref, rejected, value)   tell the kernel now what became of one
 */
(realm => {
  'use strict';

  const { makeReferences, makeSmallcaps, makeHandledPromises } = realm;
  const { syscall, syscallResolve, syscallSend } = realm.syscalls;

  const PROMISES_FIRST = 5; // as in SwingSet's vats, whose order of references is that of texts

  const settlers = new Map(); // vref of a promise that others decide → { promise, resolve, reject }
  const decided = new Map(); // vref of a promise that the kernel waits for → it
  const outcomes = new WeakMap(); // promise that the kernel was told of → { rejected, value }
  let nextPromise = PROMISES_FIRST;

  // ---- promises that others decide ----

  let imports; // while a notify is read: references of the promises that came with it

  const importPromise = vref => {
    const settler = handledPromises.makeHandled({ vref });
    settlers.set(vref, settler);
    if (imports === undefined) syscall('subscribe', vref);
    else imports.add(vref);
    return register(vref, settler.promise);
  };

  const collectImports = read => {
    imports = new Set();
    read();
    for (const vref of [...imports].sort()) if (settlers.has(vref)) syscall('subscribe', vref);
    imports = undefined;
  };

  /** A new promise's reference. */
  const allotPromise = () => `p+${nextPromise++}`;

  const isPresence = value => {
    const vref = vrefs.get(value);
    return vref !== undefined && vref[0] === 'o' && vref[1] === '-';
  };

  const references = makeReferences({ importPromise, allotPromise });
  const { objects, vrefs, register, forgetPromise } = references;
  const { toReference, taken, fromReference } = references;
  const marshal = makeSmallcaps({ toReference, fromReference });
  const handledPromises = makeHandledPromises(isPresence);
  const { serialize, serializeReason } = marshal;

  // ---- promises that this vat decides ----

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

  /** Resolutions of those settled promises that are spoken of, and that theirs speak of, but of
   *  `known`. They go along: told one after the other, two that speak of each other would be told
   *  for ever, each time under a new reference. To `spoken` is added what they speak of. */
  const resolutionsOf = (spoken, known) => {
    const all = [];
    const listed = new Set([known]);
    const rows = [[...spoken].values()];
    while (rows.length > 0) {
      const { done, value: promise } = rows[rows.length - 1].next();
      const outcome = done ? undefined : outcomes.get(promise);
      if (done) rows.pop();
      if (outcome === undefined || listed.has(promise)) continue;
      listed.add(promise);
      const further = [];
      const vref = toReference(promise);
      all.push(resolution(vref, outcome.rejected, outcome.value, further));
      rows.push(further.values());
      spoken.push(...further);
    }
    return all;
  };

  const settled = ({ vref, rejected, value }) => {
    const promise = objects.get(vref);
    if (promise !== undefined) outcomes.set(promise, { rejected, value });
    decided.delete(vref);
    forgetPromise(vref);
  };

  /** The kernel waits from now on for those of `spoken` that it did not know. */
  const decideSpoken = spoken => {
    const fresh = new Map();
    for (const value of spoken) {
      const vref = vrefs.get(value);
      if (vref?.[0] !== 'p' || decided.has(vref) || settlers.has(vref)) continue;
      fresh.set(vref, value);
    }
    for (const vref of [...fresh.keys()].sort()) decide(vref, fresh.get(vref));
  };

  /** Tell the kernel; what cannot be passed, or is too large, becomes a rejection that says so. */
  const settle = (vref, rejected, value) => {
    const promise = objects.get(vref);
    if (promise !== undefined) outcomes.set(promise, { rejected, value }); // it may speak of itself
    const spoken = [];
    let told = resolution(vref, rejected, value, spoken);
    const others = spoken.length === 0 ? [] : resolutionsOf(spoken, promise);
    try {
      syscallResolve(told, others);
    } catch (problem) {
      for (const other of others.splice(0)) forgetPromise(other.vref);
      spoken.length = 0;
      told = resolution(vref, true, problem);
      syscallResolve(told, others);
    }
    taken(spoken);
    settled(told);
    others.forEach(settled);
    if (spoken.length > 0) decideSpoken(spoken);
  };

  const decide = (vref, promise) => {
    decided.set(vref, promise);
    promise.then(
      value => settle(vref, false, value),
      reason => settle(vref, true, reason),
    );
  };

  // ---- messages ----

  /** The kernel was told of what is `spoken` of: what is settled of it is told as well. */
  const settleSpoken = spoken => {
    const { length } = spoken;
    taken(spoken);
    const known = resolutionsOf(spoken, undefined);
    if (known.length > 0) {
      try {
        syscallResolve(known[0], known.slice(1));
      } catch (problem) {
        known.forEach(({ vref }, i) => {
          known[i] = resolution(vref, true, problem);
        });
        spoken.length = length;
        syscallResolve(known[0], known.slice(1));
      }
      taken(spoken.slice(length));
      known.forEach(settled);
    }
    decideSpoken(spoken);
  };

  const sendOnly = (vref, key, args) => {
    const spoken = [];
    syscallSend(vref, serialize([key, args], spoken), null);
    if (spoken.length > 0) settleSpoken(spoken);
  };

  const send = (vref, key, args, promise) => {
    const spoken = [];
    const methargs = serialize([key, args], spoken);
    const result = allotPromise();
    syscallSend(vref, methargs, result);
    const settler = handledPromises.makeHandled({ vref: result });
    settlers.set(result, settler);
    register(result, promise);
    if (spoken.length > 0) settleSpoken(spoken);
    syscall('subscribe', result);
    return settler.promise;
  };

  const promises = { sendOnly, send, settlers, collectImports, forgetPromise, decide, settle };
  return { ...realm, references, marshal, handledPromises, promises };
})
