/* Remotables: objects and functions that can be sent to, and those that stand for one elsewhere.
 *
 * A remotable inherits from a face of its own, which says that it is one and by what name, as
 * @endo/pass-style has it; so one that such a library made is one here, too.
 *
 * Adds to the realm: remotables
 *   faces      WeakMap of remotables to their interface names; of all that were met
 *   makeFace(target, name)   make a remotable of an object whose properties are hardened;
 *              makeReturning(target, name): of one that may be collected and made again, whose face
 *              is a part of it (parts.js)
 *   interfaceOf(value)       its name; undefined for what is none; throws for a false one
 *   refuseUndeclared(value)  throw what there is to say of an object or function that is none
 *   Far(name, target)        make one, for vats; FarReturning: of one that may come again
 *   callLocal(target, method, args)   call what is here; method undefined: target itself
 */
(realm => {
  'use strict';

  const { harden, noteHardened } = realm;
  const { makePart, isPart } = realm.parts;
  const { quote: q, details: X, Fail, fail } = realm.assert;
  const { Refuse } = realm;
  const { freeze, create, defineProperty, getPrototypeOf, setPrototypeOf } = Object;
  const { hasOwn, isFrozen } = Object;
  const { ownKeys, getOwnPropertyDescriptor, apply } = Reflect;
  const { isArray } = Array;
  const { toStringTag } = Symbol;
  const objectPrototype = Object.prototype;
  const functionPrototypes = [Function.prototype, getPrototypeOf(async () => {})];

  const PASS_STYLE = Symbol.for('passStyle');
  const METHOD_NAMES = '__getMethodNames__';

  const FACE = 'face';

  const faces = new WeakMap();

  const makeFaceOf = (target, name, owner) => {
    const face = create(typeof target === 'function' ? getPrototypeOf(target) : objectPrototype, {
      [PASS_STYLE]: { value: 'remotable' },
      [toStringTag]: { value: name },
    });
    makePart(face, FACE, owner);
    setPrototypeOf(target, freeze(face));
    noteHardened(freeze(target));
    faces.set(target, name);
    return target;
  };
  const makeFace = (target, name) => makeFaceOf(target, name, undefined);
  const makeReturning = (target, name) => makeFaceOf(target, name, target);

  // ---- what may be one ----

  const isMethod = value => typeof value === 'function' && !(PASS_STYLE in value);

  const checkMethods = object => {
    if (isArray(object)) Refuse`cannot serialize arrays as Remotable ${object}`;
    for (const key of ownKeys(object)) {
      const property = getOwnPropertyDescriptor(object, key);
      const name = q(String(key));
      if (!('value' in property)) {
        Refuse`cannot serialize Remotables with accessors like ${name} in ${object}`;
      }
      if (!isMethod(property.value)) {
        Refuse`cannot serialize Remotables with non-methods like ${name} in ${object}`;
      }
    }
  };

  const checkFunction = target => {
    const others = ownKeys(target).filter(key => key !== 'name' && key !== 'length');
    const valueOf = key => getOwnPropertyDescriptor(target, key)?.value;
    if (typeof valueOf('name') !== 'string') {
      Refuse`Far function name must be a string, in ${target}`;
    }
    if (typeof valueOf('length') !== 'number') {
      Refuse`Far function length must be a number, in ${target}`;
    }
    if (others.length > 0) {
      Refuse`Far functions unexpected properties besides .name and .length ${others}`;
    }
  };

  const checkShape = target => {
    if (typeof target === 'function') checkFunction(target);
    else if (typeof target === 'object' && target !== null) checkMethods(target);
    else Refuse`cannot serialize non-objects as Remotable ${target}`;
  };

  const refuseUndeclared = target => {
    const prototype = getPrototypeOf(target);
    if (prototype !== objectPrototype && prototype !== null && typeof target === 'object') {
      const kind = objectPrototype.toString.call(target);
      const what = kind === '[object Object]' ? 'an instance of a class' : kind;
      throw TypeError(`cannot pass ${what}: use Far for objects with methods`);
    }
    checkShape(target);
    Refuse`Remotables must be explicitly declared: ${q(target)}`;
  };

  /** A face that another library made: nothing but its two properties, on what faces stand on. */
  const isFace = (face, bases) =>
    isFrozen(face) &&
    ownKeys(face).length === 2 &&
    getOwnPropertyDescriptor(face, PASS_STYLE)?.value === 'remotable' &&
    typeof getOwnPropertyDescriptor(face, toStringTag)?.value === 'string' &&
    face[toStringTag].isWellFormed() &&
    bases.includes(getPrototypeOf(face));

  /** A face of ours belongs to one object: what inherits from it and is not that one, a Proxy or a
   *  child of it, would be taken for it. */
  const refuseBorrowed = target => {
    for (let from = getPrototypeOf(target); from !== null; from = getPrototypeOf(from)) {
      if (!isPart(from, FACE)) continue;
      throw TypeError(`cannot pass what is made of another remotable, [${from[toStringTag]}]`);
    }
  };

  const interfaceOf = target => {
    const known = faces.get(target);
    if (known !== undefined || target[PASS_STYLE] !== 'remotable') return known;
    refuseBorrowed(target);
    const face = getPrototypeOf(target);
    const bases = typeof target === 'function' ? functionPrototypes : [objectPrototype];
    checkShape(freeze(target));
    if (face === null || !isFace(face, bases)) {
      Refuse`Remotables must be explicitly declared: ${q(target)}`;
    }
    faces.set(target, face[toStringTag]);
    return face[toStringTag];
  };

  // ---- Far ----

  /** Of a remotable its own, of other objects also those that they inherit, which can be called. */
  const methodNames = target => {
    const isSymbol = name => typeof name === 'symbol';
    const before = (a, b) =>
      (isSymbol(a) === isSymbol(b) ? String(a) < String(b) : isSymbol(a)) ? -1 : 1;
    const names = new Set();
    const isOwn = faces.has(target) || Object(target) !== target;
    let from = Object(target);
    do {
      for (const name of ownKeys(from)) if (typeof target[name] === 'function') names.add(name);
      from = isOwn ? null : getPrototypeOf(from);
    } while (from !== null && from !== objectPrototype);
    return freeze([...names].sort(before));
  };
  const methodNamesMethod = {
    [METHOD_NAMES]() {
      return methodNames(this);
    },
  }[METHOD_NAMES];

  const checkNew = target => {
    checkShape(target);
    if (PASS_STYLE in target) {
      Refuse`Remotable ${target} is already marked as a ${q(target[PASS_STYLE])}`;
    }
    if (isFrozen(target)) Refuse`Remotable ${target} is already frozen`;
    const prototype = getPrototypeOf(target);
    if (typeof target === 'function') {
      if (!functionPrototypes.includes(prototype)) {
        Refuse`Far functions must originally inherit from Function.prototype, in ${target}`;
      }
    } else if (prototype !== objectPrototype && prototype !== null) {
      Refuse`For now, remotables cannot inherit from anything unusual, in ${target}`;
    }
  };

  const makeFar = (name, target, make) => {
    if (typeof name !== 'string' || !name.isWellFormed()) {
      throw TypeError('Far needs an interface name');
    }
    checkNew(target);
    if (typeof target === 'object') {
      if (!(METHOD_NAMES in target)) {
        defineProperty(target, METHOD_NAMES, { value: methodNamesMethod });
      }
      for (const key of ownKeys(target)) harden(target[key]);
    }
    return make(target, `Alleged: ${name}`);
  };
  const Far = (name, target = {}) => makeFar(name, target, makeFace);
  const FarReturning = (name, target) => makeFar(name, target, makeReturning);

  // ---- calls ----

  const kindOf = value => (value === null ? 'null' : typeof value);

  const callFunction = (target, args) => {
    if (typeof target !== 'function') {
      fail(X`Cannot invoke target as a function; typeof target is ${q(kindOf(target))}`, TypeError);
    }
    return apply(target, undefined, args);
  };

  /** A remotable's methods are its own: what all objects inherit is not for others to call. */
  const methodOf = (target, method) => {
    if (faces.has(target) && !hasOwn(target, method)) return undefined;
    return target[method];
  };

  const callLocal = (target, method, args) => {
    if (method === undefined) return callFunction(target, args);
    if (target === undefined || target === null) {
      fail(X`Cannot deliver ${q(method)} to target; typeof target is ${q(kindOf(target))}`,
           TypeError);
    }
    const found = methodOf(target, method);
    if (found === undefined) {
      const names = q(methodNames(target));
      fail(X`target has no method ${q(method)}, has ${names}`, TypeError);
    }
    if (typeof found !== 'function') {
      Fail`invoked method ${q(method)} is not a function; it is a ${q(kindOf(found))}`;
    }
    return apply(found, target, args);
  };

  const remotables = {
    faces, makeFace, makeReturning, interfaceOf, refuseUndeclared, Far, FarReturning, callLocal,
  };
  return { ...realm, remotables };
})
