/* Supervisor "lite": between the kernel's deliveries and one vat's objects.
 *
 *   kernel ── ["deliver", …] ──► deliveries ──► the vat's methods
 *   kernel ◄─ ["syscall", …] ─── E(), D(), promises, vatPowers
 *
 * It speaks SwingSet's protocol between kernel and vat (docs/kernel.md) and keeps no durable state
 * of its own: all is in the heap. References:
 *   o+N  objects of this vat (o+0 the root)   o-N  objects of others, as presences
 *   p+N  promises allotted here               p-N  promises allotted by the kernel
 *   d-N  devices
 * A promise's reference is good until it is resolved; later uses of the same promise get a new one.
 * Presences and exports are never dropped of the vat's own accord: whether garbage was collected
 * must not show in a transcript.
 */
(realm => {
  'use strict';

  const { host, harden, seal, stackFrames, makeSmallcaps } = realm;
  const { issue, report, evaluate, compile, collect } = host;
  const { stringify, parse } = JSON;
  const { freeze, create, defineProperty, getPrototypeOf, setPrototypeOf, hasOwn } = Object;
  const { ownKeys, getOwnPropertyDescriptor, apply } = Reflect;
  const objectPrototype = Object.prototype;

  // ---- syscalls ----

  const OK = '["ok",null]'; // what most of them answer; spares parsing it

  /** `request`: the syscall's JSON. */
  const syscallText = request => {
    const text = issue(`["syscall",${request}]`);
    if (text === OK) return null;
    const answer = parse(text);
    if (answer[0] !== 'ok') throw Error(`syscall failed: ${answer[1]}`);
    return answer[1];
  };
  const syscall = (...request) => syscallText(stringify(request));

  /* The two syscalls that nearly every delivery makes, written by hand: references need no escapes
   * and a serialized value is JSON already. */
  const syscallResolve = ({ vref, rejected, data }, others) => {
    let text = `["resolve",[["${vref}",${rejected},${data}]`;
    for (const other of others) text += `,["${other.vref}",${other.rejected},${other.data}]`;
    return syscallText(`${text}]]`);
  };
  const syscallSend = (vref, methargs, result) =>
    syscallText(
      `["send","${vref}",{"methargs":${methargs},"result":${result ? `"${result}"` : null}}]`,
    );

  // ---- references ----

  const objects = new Map(); // vref → the object, presence, device or unresolved promise
  const references = new WeakMap(); // the same, the other way round
  const faces = new WeakMap(); // remotable object → interface name
  const settlers = new Map(); // vref of a promise that others decide → { resolve, reject }
  const outcomes = new WeakMap(); // promise that the kernel knows settled → { rejected, value }
  let nextExport = 1; // o+0 is the root
  let nextPromise = 1;

  const register = (vref, object) => {
    objects.set(vref, object);
    references.set(object, vref);
    return object;
  };

  const forgetPromise = vref => {
    const promise = objects.get(vref);
    objects.delete(vref);
    if (promise !== undefined && references.get(promise) === vref) references.delete(promise);
  };

  /** An object without methods that stands for one elsewhere. */
  const makeFace = (target, name) => {
    const face = create(objectPrototype, { [Symbol.toStringTag]: { value: name } });
    setPrototypeOf(target, freeze(face));
    freeze(target);
    faces.set(target, name);
    return target;
  };

  const importPromise = vref => {
    let settler;
    const promise = new Promise((resolve, reject) => {
      settler = { resolve, reject };
    });
    promise.catch(() => {}); // the vat need not look at it
    settlers.set(vref, settler);
    return register(vref, freeze(promise));
  };

  /** The local value for a reference that came in. */
  const fromReference = (vref, name) => {
    const known = objects.get(vref);
    if (known !== undefined) return known;
    if (vref[1] === '+') throw Error(`unknown reference ${vref}`);
    switch (vref[0]) {
      case 'o':
      case 'd':
        return register(vref, makeFace({}, name === undefined ? 'Remotable' : name));
      case 'p': {
        const promise = importPromise(vref);
        syscall('subscribe', vref);
        return promise;
      }
      default:
        throw Error(`bad reference ${vref}`);
    }
  };

  /** The reference for a remotable or promise that goes out. */
  const toReference = object => {
    const known = references.get(object);
    if (known !== undefined) {
      objects.set(known, object);
      return known;
    }
    if (object instanceof Promise) return exportPromise(object);
    const vref = `o+${nextExport++}`;
    register(vref, object);
    return vref;
  };

  const exportPromise = promise => {
    const vref = `p+${nextPromise++}`;
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

  const { serialize, serializeReason, unserialize, parseBody, decode, decodeItems } =
    makeSmallcaps({ toReference, fromReference, faces });

  // ---- promises that this vat decides ----

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

  // ---- E: eventual sends ----

  const callLocal = (target, method, args) => {
    if (!hasOwn(target, method) || typeof target[method] !== 'function') {
      const names = ownKeys(target).filter(name => typeof name === 'string').sort();
      throw TypeError(`target has no method ${stringify(method)}, has ${stringify(names)}`);
    }
    return apply(target[method], target, args);
  };

  /** Where a send to `target` goes: a reference, or undefined for what is here. */
  const remoteReference = target => {
    const vref = references.get(target);
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
      const result = `p+${nextPromise++}`;
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

  // ---- Far: objects that can be sent to ----

  const Far = (name, methods = {}) => {
    if (typeof name !== 'string' || !name.isWellFormed()) {
      throw TypeError('Far needs an interface name');
    }
    if (faces.has(methods) || references.has(methods)) throw TypeError('already remotable');
    const prototype = getPrototypeOf(methods);
    if (prototype !== objectPrototype && prototype !== null) {
      throw TypeError('Far needs a plain object of methods');
    }
    for (const key of ownKeys(methods)) {
      const property = getOwnPropertyDescriptor(methods, key);
      if (typeof property.value !== 'function') {
        throw TypeError(`Far ${name}: ${String(key)} is not a method`);
      }
      harden(property.value);
    }
    return makeFace(methods, `Alleged: ${name}`);
  };

  // ---- what the vat is given ----

  const D = makeSender((device, method, args) => {
    const vref = references.get(device);
    if (vref === undefined || vref[0] !== 'd') throw TypeError('D needs a device');
    if (typeof method !== 'string') throw TypeError('a method is named by a string');
    const data = serialize(args);
    return unserialize(syscallText(`["callNow","${vref}",${stringify(method)},${data}]`));
  });

  /* Half a surrogate pair has no form in the store: two keys could become one. */
  const storable = value => {
    const text = `${value}`;
    if (!text.isWellFormed()) throw TypeError('text with half a surrogate pair cannot be stored');
    return text;
  };

  const vatstore = {
    get: key => {
      const value = syscall('vatstoreGet', storable(key));
      return value === null ? undefined : value;
    },
    set: (key, value) => void syscall('vatstoreSet', storable(key), storable(value)),
    delete: key => void syscall('vatstoreDelete', storable(key)),
    getNextKey: prior => {
      const key = syscall('vatstoreGetNextKey', storable(prior));
      return key === null ? undefined : key;
    },
  };

  const vatPowers = {
    D,
    vatstore,
    exitVat: completion => void syscallText(`["exit",false,${serialize(completion)}]`),
    exitVatWithFailure: reason => void syscallText(`["exit",true,${serialize(reason)}]`),
  };

  let vatID = '';
  const shown = value => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    const text = typeof value === 'object' ? stringify(value) : undefined;
    return text === undefined ? String(value) : text;
  };
  const show = value => {
    try {
      return shown(value).toWellFormed();
    } catch {
      return '(cannot be shown)';
    }
  };
  const log = level => (...values) => {
    report(stringify(['sourcedConsole', vatID, level, ...values.map(show)]));
  };
  const console = {
    debug: log('debug'), log: log('log'), info: log('info'), warn: log('warn'),
    error: log('error'),
  };

  const assert = (condition, details = 'check failed') => {
    if (!condition) throw Error(`${details}`);
  };
  assert.fail = (details = 'check failed') => {
    throw Error(`${details}`);
  };
  assert.equal = (actual, expected, details) => {
    assert(Object.is(actual, expected), details ?? `expected ${show(actual)} is ${show(expected)}`);
  };
  assert.typeof = (value, type, details) => {
    assert(typeof value === type, details ?? `${show(value)} must be a ${type}`);
  };

  // ---- deliveries ----

  let buildRootObject;

  const deliver = {
    startVat: async parameters => {
      const root = await buildRootObject(vatPowers, unserialize(parameters));
      if (!faces.has(root)) throw TypeError('buildRootObject must return a Far object');
      if (references.has(root)) throw TypeError('the root object was exported too early');
      register('o+0', root);
    },

    message: (vref, message) => {
      const target = objects.get(vref);
      if (target === undefined || !faces.has(target)) throw Error(`no object ${vref}`);
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

    dropExports: () => {}, // the objects stay known until they are retired

    retireExports: vrefs => {
      for (const vref of vrefs) {
        references.delete(objects.get(vref));
        objects.delete(vref);
      }
    },

    retireImports: vrefs => deliver.retireExports(vrefs),

    bringOutYourDead: () => void collect(),
    stopVat: () => {},
    changeVatOptions: () => {},
  };

  // ---- commands ----

  /** The module's namespace. A syntax error is told with its place: compiling once more runs
   *  none of the vat's code, so nobody but us sees a stack. */
  const evaluateSource = async source => {
    try {
      return await evaluate(source);
    } catch (problem) {
      if (problem instanceof SyntaxError) compileForPlace(source);
      throw problem;
    }
  };

  const compileForPlace = source => {
    stackFrames(1);
    try {
      compile(source);
    } catch (problem) {
      throw SyntaxError(`${problem.message} ${problem.stack.trim()}`);
    } finally {
      stackFrames(0);
    }
  };

  const commands = {
    setBundle: async (id, bundle) => {
      if (bundle.moduleFormat !== 'module') {
        throw TypeError(`lite vats are ES modules, not ${bundle.moduleFormat}`);
      }
      vatID = `${id}`;
      const namespace = await evaluateSource(bundle.source);
      if (typeof namespace.buildRootObject !== 'function') {
        throw TypeError('the vat exports no buildRootObject');
      }
      buildRootObject = namespace.buildRootObject;
      return '["dispatchReady"]';
    },

    deliver: delivery => {
      const type = delivery[0];
      if (!hasOwn(deliver, type)) throw TypeError(`unknown delivery ${type}`);
      const done = deliver[type](delivery[1], delivery[2]);
      return done instanceof Promise ? done.then(() => DELIVERED) : DELIVERED;
    },
  };

  const DELIVERED = '["ok",null,null]';
  let answer; // the text that answers the command at hand; undefined while it is not known

  const failure = problem => stringify(['error', show(problem), null]);

  const command = text => {
    answer = undefined;
    try {
      const request = parse(text);
      const name = request[0];
      if (!hasOwn(commands, name)) throw TypeError(`unknown command ${name}`);
      const outcome = commands[name](request[1], request[2]);
      if (outcome instanceof Promise) {
        outcome.then(value => {
          answer = value;
        }, problem => {
          answer = failure(problem);
        });
      } else {
        answer = outcome;
      }
    } catch (problem) {
      answer = failure(problem);
    }
  };

  const turn = () => {
    const text = answer ?? failure('the vat waits for something that never comes');
    answer = undefined;
    return text;
  };

  const globals = { E, Far, harden, console, assert };
  for (const name of ownKeys(globals)) {
    defineProperty(globalThis, name, {
      value: globals[name], writable: true, enumerable: false, configurable: true,
    });
  }
  seal(); // before anything is hardened: it changes prototypes a last time
  harden(vatPowers);
  return { command, turn };
})
