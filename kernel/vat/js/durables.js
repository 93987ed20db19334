/* Durables: what a vat keeps in its store, for the incarnation after it.
 *
 *   VatData   makeKindHandle(tag), defineDurableKind(handle, init, behavior, options)
 *
 * An object of a durable kind is its reference, o+dK/I, and its state; what methods are called on
 * stands for it in a heap, is made where there is none, and goes when nothing here reaches it. Its
 * state stays as long as anybody has it: the kernel, or the store.
 *
 * In the vat's store, under keys that begin with "." and that the vat itself cannot touch:
 *   .kinds = next kind       .kind.$K = {"tag":…,"next":I}    kinds count from 10
 *   .state.$K/$I = {"property": capdata, …}
 *   .holds.$vref = N         how often what is stored names it: an import stays with the kernel (the
 *                            next incarnation has those alone), an object of a kind has its state
 *   .export.$vref = r | s    the kernel has it: reachable, or only recognizable any more, be it that
 *                            the kernel is still to be told that it is gone
 *
 * Adds to the realm: durables
 *   VatData
 *   stored             what reads and writes the store, and values as they are in it
 *   checkKinds()       throws unless each kind that has state has been defined
 *   isDurable(vref)    does it name an object of a kind?
 *   forgotten(vref)    nothing here reaches it any more: true if the kernel is to be told
 *   drop(vrefs), retire(vrefs)   of those that are durable: the kernel has them no longer
 *   retired(vref)      the kernel has been told that it is gone
 *   begin()            a delivery begins
 *   deleteRest()       in a reap: delete of what nobody has any more, as much as one may
 */
(realm => {
  'use strict';

  const { harden, makeSmallcaps } = realm;
  const { syscall } = realm.syscalls;
  const { Given, makePart, ownerOf } = realm.parts;
  const { faces, FarReturning } = realm.remotables;
  const references = realm.references;
  const { objects, vrefs, register, untold } = references;
  const { forget } = realm.weakCollections;
  const { stringify, parse } = JSON;
  const { freeze, defineProperty, create } = Object;
  const { ownKeys, apply } = Reflect;

  const KIND_HANDLE = 1; // the kind of kind handles
  const KINDS_FIRST = 10;

  const read = key => syscall('vatstoreGet', key);
  const write = (key, text) => void syscall('vatstoreSet', key, text);
  const remove = key => void syscall('vatstoreDelete', key);

  const isDurable = vref => vref.startsWith('o+d');
  const kindOf = vref => Number(vref.slice(3, vref.indexOf('/')));
  const stateKey = vref => `.state.${vref.slice(3)}`;
  const exportKey = vref => `.export.${vref}`;

  // ---- what is stored, and what that holds ----

  const storedReference = object => {
    const vref = vrefs.get(object);
    if (vref !== undefined && (isDurable(vref) || /^[od]-/.test(vref))) return vref;
    throw TypeError(object instanceof Promise ? 'a promise is not durable'
                                              : `not durable: ${faces.get(object) ?? 'an object'}`);
  };

  const { serialize, unserialize } = makeSmallcaps({
    toReference: storedReference,
    fromReference: references.fromReference,
    faces,
  });

  const mayBeHeld = vref => vref[0] === 'o';
  const HOLDS = '.holds.';
  const holdsKey = vref => HOLDS + vref;
  let holdsAny; // undefined: not looked yet

  /** Does what is stored name it? Most vats store no reference, and pay nothing for the question. */
  const isHeld = vref => {
    if (holdsAny === undefined) {
      holdsAny = syscall('vatstoreGetNextKey', HOLDS)?.startsWith(HOLDS) ?? false;
    }
    return holdsAny && read(holdsKey(vref)) !== null;
  };

  const changeHolds = (vref, change) => {
    holdsAny = true;
    const holds = Number(read(holdsKey(vref)) ?? 0) + change;
    if (holds > 0) {
      write(holdsKey(vref), `${holds}`);
      return;
    }
    remove(holdsKey(vref));
    if (objects.has(vref)) return; // a reap finds it, when nothing here reaches it
    if (!isDurable(vref)) untold.set(vref, 'drop');
    else if (read(exportKey(vref)) !== 'r') deleteState(vref);
  };

  /** What is stored instead of `before` (JSON of capdata; undefined: nothing). */
  const changeStored = (before, after) => {
    const old = before === undefined ? [] : parse(before).slots.filter(mayBeHeld);
    const now = after === undefined ? [] : parse(after).slots.filter(mayBeHeld);
    for (const vref of now) changeHolds(vref, 1);
    for (const vref of old) changeHolds(vref, -1);
  };

  // ---- kinds ----

  const kinds = new Map(); // K → { tag, methods }: those that were defined
  const handles = new WeakMap(); // handle → K
  const states = new Map(); // vref → its state, as far as it stands for one here: { property: text }

  const kindKey = kind => `.kind.${kind}`;
  const readKind = kind => {
    const text = read(kindKey(kind));
    if (text === null) throw Error(`unknown kind ${kind}`);
    return parse(text);
  };

  const makeHandle = (kind, tag) => {
    const handle = FarReturning(`kind ${tag}`, {});
    handles.set(handle, kind);
    return register(`o+d${KIND_HANDLE}/${kind}`, handle);
  };

  const makeKindHandle = tag => {
    if (typeof tag !== 'string' || !tag.isWellFormed()) throw TypeError('a kind needs a tag');
    const kind = Number(read('.kinds') ?? KINDS_FIRST);
    write('.kinds', `${kind + 1}`);
    write(kindKey(kind), stringify({ tag, next: 1 }));
    return makeHandle(kind, tag);
  };

  const readState = vref => {
    const known = states.get(vref);
    if (known !== undefined) return known;
    const text = read(stateKey(vref));
    if (text === null) throw Error(`no state of ${vref}`);
    const state = parse(text);
    states.set(vref, state);
    return state;
  };

  /* What stands for an object may be collected, and another one made. So nothing that a vat can hold
   * of the first is its own: methods and the accessors of states are the same for all, and find what
   * they are for by `this`; its context, state and face are parts of it. */

  const STATE = 'state';
  const CONTEXT = 'context';

  class Representative extends Given {
    #kind;
    #context;

    constructor(self, kind, context) {
      super(self);
      this.#kind = kind;
      this.#context = context;
    }

    static contextOf(self, kind) {
      if (Object(self) === self && #kind in self && self.#kind === kind) return self.#context;
      throw TypeError('a method of a durable object is called on an object of its kind');
    }
  }

  const recordOf = state => {
    const owner = Object(state) === state ? ownerOf(state, STATE) : undefined;
    if (owner === undefined) throw TypeError('this is no state of a durable object');
    return { vref: vrefs.get(owner), record: readState(vrefs.get(owner)) };
  };

  const makeAccessors = name => harden({
    get() {
      return unserialize(parse(recordOf(this).record[name]));
    },
    set(value) {
      const { vref, record } = recordOf(this);
      const after = serialize(value);
      const before = record[name];
      write(stateKey(vref), stringify({ ...record, [name]: after }));
      record[name] = after; // only then: the store may refuse it
      changeStored(before, after);
    },
  });

  const accessors = new Map(); // name of a property → those of all states that have it
  const accessorsOf = name => {
    const known = accessors.get(name);
    if (known !== undefined) return known;
    const made = makeAccessors(name);
    accessors.set(name, made);
    return made;
  };

  const makeState = (vref, self) => {
    const state = create(null);
    for (const name of ownKeys(readState(vref))) {
      defineProperty(state, name, {
        ...accessorsOf(name), enumerable: true, configurable: false,
      });
    }
    return freeze(makePart(state, STATE, self));
  };

  /** What stands for the object here. */
  const makeRepresentative = (vref, kind) => {
    const { tag, methods } = kinds.get(kind);
    const self = { ...methods };
    const context = freeze(makePart({ state: makeState(vref, self), self }, CONTEXT, self));
    FarReturning(tag, new Representative(self, kind, context));
    register(vref, self);
    return context;
  };

  const makeMethod = (kind, name, behave) => ({
    [name](...args) {
      return apply(behave, undefined, [Representative.contextOf(this, kind), ...args]);
    },
  })[name];

  /** A kind's methods, as all of its objects have them. */
  const makeMethods = (kind, tag, behavior) => {
    const methods = create(null);
    for (const name of ownKeys(behavior)) {
      const behave = behavior[name];
      if (typeof behave !== 'function') throw TypeError(`${tag}: ${String(name)} is not a method`);
      methods[name] = makeMethod(kind, name, behave);
    }
    return harden(methods);
  };

  const defineDurableKind = (handle, init, behavior, options = {}) => {
    const kind = handles.get(handle);
    if (kind === undefined) throw TypeError('a durable kind needs a kind handle');
    if (kinds.has(kind)) throw TypeError('the kind is defined already');
    if (typeof init !== 'function') throw TypeError('a kind needs init, a function');
    const { tag, next: end } = readKind(kind);
    kinds.set(kind, { tag, methods: makeMethods(kind, tag, harden(behavior)) });
    noteLeftovers(kind, end);
    return harden((...args) => {
      const initial = init(...args);
      const record = create(null);
      for (const name of ownKeys(initial)) {
        if (typeof name !== 'string') throw TypeError('state has names that are strings');
        record[name] = serialize(initial[name]);
      }
      const { next } = readKind(kind);
      const vref = `o+d${kind}/${next}`;
      write(kindKey(kind), stringify({ tag, next: next + 1 }));
      write(stateKey(vref), stringify(record));
      for (const name of ownKeys(record)) changeStored(undefined, record[name]);
      states.set(vref, record);
      const context = makeRepresentative(vref, kind);
      if (options.finish !== undefined) options.finish(context);
      return context.self;
    });
  };

  const revive = vref => {
    const kind = kindOf(vref);
    if (kind === KIND_HANDLE) {
      const number = Number(vref.slice(vref.indexOf('/') + 1));
      return makeHandle(number, readKind(number).tag);
    }
    if (!kinds.has(kind)) throw Error(`the kind of ${vref} was not defined`);
    return makeRepresentative(vref, kind).self;
  };

  const checkKinds = () => {
    if (read('.kinds') === null) return;
    const next = Number(read('.kinds'));
    for (let kind = KINDS_FIRST; kind < next; kind++) {
      const { tag, next: instance } = readKind(kind);
      if (instance > 1 && !kinds.has(kind)) throw Error(`the durable kind "${tag}" is not defined`);
    }
  };

  // ---- whom the objects belong to ----

  const exported = new Set(); // of those that are here: the kernel has them, as the store says

  const noteExport = vref => {
    if (exported.has(vref)) return;
    exported.add(vref);
    write(exportKey(vref), 'r');
  };

  const isFree = vref => !objects.has(vref) && !isHeld(vref);

  const deleteOne = vref => {
    exported.delete(vref);
    states.delete(vref);
    forget(vref);
    if (kindOf(vref) === KIND_HANDLE) return; // a kind stays
    const text = read(stateKey(vref));
    if (text === null) return;
    const record = parse(text);
    remove(stateKey(vref));
    if (read(exportKey(vref)) === 's') untold.set(vref, 'drop');
    for (const name of ownKeys(record)) changeStored(record[name], undefined);
  };

  /* A state that goes may have been all that held the next, and so on. What others let go of must not
   * be too much for one delivery: each deletes some, and reaps the rest. */
  const DELETED_MAX = 500;
  const REAPED_MAX = 4_000;
  const doomed = []; // what nobody has any more, and is not deleted yet
  let deleting = false;
  let left = DELETED_MAX; // in the delivery at hand

  const deleteDoomed = () => {
    if (deleting) return;
    deleting = true;
    try {
      for (; left > 0 && doomed.length > 0; left--) deleteOne(doomed.pop()); // it grows meanwhile
    } finally {
      deleting = false;
    }
  };

  const deleteState = vref => {
    doomed.push(vref);
    deleteDoomed();
  };

  /** A delivery begins. */
  const begin = () => {
    left = DELETED_MAX;
  };

  /* What only the heap of an earlier incarnation had, or was to delete, or to tell the kernel. */
  const LOOKED_AT_MAX = 1_000; // in a reap
  const leftovers = []; // stretches of keys, still to be looked at: { at, prefix, kind, end }

  const noteLeftovers = (kind, end) => {
    if (end === 1) return;
    for (const prefix of [`.state.${kind}/`, exportKey(`o+d${kind}/`)]) {
      leftovers.push({ at: prefix, prefix, kind, end });
    }
  };

  /** One of an earlier incarnation, its number below `end`: is it anybody's? */
  const lookAt = vref => {
    const exportState = read(exportKey(vref));
    if (!isFree(vref) || exportState === 'r') return;
    if (read(stateKey(vref)) !== null) deleteState(vref);
    else if (exportState === 's') untold.set(vref, 'drop');
  };

  const lookAtLeftovers = () => {
    for (let looked = 0; looked < LOOKED_AT_MAX && left > 0 && leftovers.length > 0; looked++) {
      const stretch = leftovers.at(-1);
      const { prefix, kind, end } = stretch;
      stretch.at = syscall('vatstoreGetNextKey', stretch.at);
      const number = stretch.at?.startsWith(prefix) ? Number(stretch.at.slice(prefix.length)) : 0;
      if (number === 0) leftovers.pop();
      else if (number < end) lookAt(`o+d${kind}/${number}`);
    }
  };

  const deleteRest = () => {
    left = REAPED_MAX;
    deleteDoomed();
    lookAtLeftovers();
  };

  const forgotten = vref => {
    if (vref[1] === '-') return !isHeld(vref);
    if (!isDurable(vref)) return true;
    exported.delete(vref);
    states.delete(vref);
    if (isHeld(vref) || read(exportKey(vref)) === 'r') return false;
    deleteState(vref);
    return false; // deleteState has said what is to be told
  };

  const retired = vref => {
    if (isDurable(vref)) remove(exportKey(vref));
  };

  const drop = some => {
    for (const vref of some.filter(isDurable)) {
      exported.delete(vref);
      write(exportKey(vref), 's');
      if (isFree(vref)) deleteState(vref);
    }
  };

  const retire = some => {
    for (const vref of some.filter(isDurable)) {
      exported.delete(vref);
      untold.delete(vref);
      remove(exportKey(vref));
      if (isFree(vref)) deleteState(vref);
    }
  };

  references.lendDurables({ isDurable, revive, noteExport });

  const VatData = { makeKindHandle, defineDurableKind };
  return {
    ...realm,
    durables: {
      VatData, stored: { read, write, remove, serialize, unserialize, changeStored },
      checkKinds, isDurable, forgotten, drop, retire, retired, begin, deleteRest,
    },
  };
})
