/* Remotables: objects that can be sent to, and those without methods that stand for one elsewhere.
 *
 * Adds to the realm: remotables
 *   faces      WeakMap of every remotable to its interface name
 *   makeFace(target, name)   make a remotable of an object
 *   Far(name, methods)       the same, for vats
 *   callLocal(target, method, args)   call one of this vat's
 */
(realm => {
  'use strict';

  const { harden } = realm;
  const { stringify } = JSON;
  const { freeze, create, getPrototypeOf, setPrototypeOf, hasOwn } = Object;
  const { ownKeys, getOwnPropertyDescriptor, apply } = Reflect;
  const objectPrototype = Object.prototype;

  const faces = new WeakMap(); // remotable object → interface name

  /** An object without methods that stands for one elsewhere. */
  const makeFace = (target, name) => {
    const face = create(objectPrototype, { [Symbol.toStringTag]: { value: name } });
    setPrototypeOf(target, freeze(face));
    freeze(target);
    faces.set(target, name);
    return target;
  };

  const Far = (name, methods = {}) => {
    if (typeof name !== 'string' || !name.isWellFormed()) {
      throw TypeError('Far needs an interface name');
    }
    if (faces.has(methods)) throw TypeError('already remotable');
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

  const callLocal = (target, method, args) => {
    if (!hasOwn(target, method) || typeof target[method] !== 'function') {
      const names = ownKeys(target).filter(name => typeof name === 'string').sort();
      throw TypeError(`target has no method ${stringify(method)}, has ${stringify(names)}`);
    }
    return apply(target[method], target, args);
  };

  return { ...realm, remotables: { faces, makeFace, Far, callLocal } };
})
