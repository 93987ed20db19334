/* Garbage: what the vat holds no longer is found and told to the kernel, when that says so.
 *
 *   held strongly ──reap: held weakly, collect──► alive: held strongly again
 *                                                 gone:  dropImports, retireImports, retireExports
 *
 * Only in a reap is anything held weakly, and none of the vat's code runs in one: nothing that it
 * does can depend on when, or whether, the engine collects. What a reap finds is a matter of what
 * the vat can reach, and so the same on every way that leads to this heap.
 *
 * Imports go when the vat cannot reach them; its own objects when the kernel has dropped them,
 * besides, or has never taken them: of these it is told nothing. What the store keeps of either
 * stays (durables.js). Promises that the kernel took end by being settled, devices stay. The kernel
 * is told of so many at once that it can always take it, and asks again.
 *
 * Adds to the realm: garbage
 *   reap()                 a delivery, bringOutYourDead
 *   retireImports(vrefs)   a delivery: these objects are gone everywhere
 */
(realm => {
  'use strict';

  const { WeakRef } = realm;
  const { collect } = realm.host;
  const { syscall } = realm.syscalls;
  const { objects, dropped, untaken, untold, retire } = realm.references;
  const { recognizes, forget, sweep } = realm.weakCollections;
  const { isDurable, forgotten, retired, deleteRest } = realm.durables;

  const REFERENCES_MAX = 4096; // told at once: the kernel's REAP_REFERENCES_MAX

  const DROP = 'drop'; // the kernel takes it for reachable
  const RETIRE = 'retire'; // it was dropped before, and only recognized since
  const isImport = vref => vref[1] === '-';
  const mayGo = vref =>
    (vref[0] === 'o' && (isImport(vref) || dropped.has(vref) || isDurable(vref))) ||
    untaken.has(vref);

  /** Hold what may go weakly. The WeakRefs come first: if there is no memory for them, nothing has
   *  changed. Returns the references. */
  const weaken = () => {
    const weak = [];
    const refs = [];
    for (const [vref, object] of objects) {
      if (!mayGo(vref)) continue;
      weak.push(vref);
      refs.push(new WeakRef(object));
    }
    weak.forEach((vref, i) => objects.set(vref, refs[i]));
    return weak;
  };

  /** Hold what is left strongly again; of what is gone, the references that the kernel took. */
  const strengthen = weak => weak.filter(vref => {
    const object = objects.get(vref).deref();
    if (object !== undefined) {
      objects.set(vref, object);
      return false;
    }
    objects.delete(vref);
    dropped.delete(vref);
    return !untaken.delete(vref);
  });

  /* The steps are functions of their own, so that no local variable holds what is looked at. */
  const findGone = () => {
    let weak;
    try {
      weak = weaken();
    } catch {
      return; // no memory to look
    }
    collect();
    for (const vref of strengthen(weak).sort()) if (forgotten(vref)) untold.set(vref, DROP);
    for (const vref of sweep().sort()) {
      if (isImport(vref) && !objects.has(vref) && !untold.has(vref)) untold.set(vref, RETIRE);
    }
  };

  const tell = (name, vrefs) => {
    if (vrefs.length > 0) syscall(name, vrefs.sort());
  };

  const reap = () => {
    const toldAll = untold.size === 0;
    deleteRest();
    if (toldAll) findGone();
    const drops = [];
    const retires = [];
    const exports = [];
    for (const [vref, what] of untold.entries().take(REFERENCES_MAX)) {
      untold.delete(vref);
      if (!isImport(vref)) exports.push(vref);
      else if (what === DROP) drops.push(vref);
      if (isImport(vref) && !recognizes(vref)) retires.push(vref);
    }
    exports.forEach(retired);
    tell('dropImports', drops);
    tell('retireImports', retires);
    tell('retireExports', exports);
  };

  const retireImports = vrefs => {
    retire(vrefs);
    vrefs.forEach(forget);
  };

  return { ...realm, garbage: { reap, retireImports } };
})
