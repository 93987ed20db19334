/* Pass styles: kinds of passable values besides the plain ones, as @endo/pass-style has them.
 *
 * Adds to the realm: passStyles
 *   isPromise(value)     a promise that behaves like one
 *   isTagged(value)      of makeTagged's, or another library's; throws for a false one
 *   makeTagged(tag, payload)
 *   symbolName(symbol)   of a registered or well-known one; throws for others; symbolOf(name)
 *   styleOf(value)       its style's name, by its outside
 */
(realm => {
  'use strict';

  const { quote: q } = realm.assert;
  const { Refuse } = realm;
  const { interfaceOf, refuseUndeclared } = realm.remotables;
  const { freeze, create, getPrototypeOf, hasOwn, isFrozen } = Object;
  const { ownKeys, getOwnPropertyDescriptor } = Reflect;
  const { isArray } = Array;
  const { toStringTag } = Symbol;
  const objectPrototype = Object.prototype;
  const EnginePromise = Promise;
  const promisePrototype = Promise.prototype;

  const PASS_STYLE = Symbol.for('passStyle');

  // ---- promises ----

  /** Its `then` is the language's, so asking it runs nobody's code. */
  const isPromise = value =>
    value instanceof EnginePromise &&
    getPrototypeOf(value) === promisePrototype &&
    !hasOwn(value, 'then') &&
    !hasOwn(value, 'constructor') &&
    EnginePromise.resolve(value) === value;

  // ---- tagged values ----

  const TAGGED_KEYS = 3; // the style, the tag and the payload

  const isTagged = value => {
    const style = getOwnPropertyDescriptor(value, PASS_STYLE);
    if (style === undefined) return false;
    const tag = getOwnPropertyDescriptor(value, toStringTag);
    const payload = getOwnPropertyDescriptor(value, 'payload');
    if (style.value !== 'tagged') Refuse`Unrecognized PassStyle: ${q(style.value)}`;
    if (typeof tag?.value !== 'string') {
      Refuse`A [Symbol.toStringTag]-named property must be a string: ${value}`;
    }
    if (payload === undefined || !('value' in payload) || !payload.enumerable) {
      Refuse`"payload" property expected: ${value}`;
    }
    if (ownKeys(value).length !== TAGGED_KEYS) {
      Refuse`Unexpected properties on tagged record ${value}`;
    }
    freeze(value);
    return true;
  };

  const makeTagged = (tag, payload) => {
    if (typeof tag !== 'string') Refuse`The tag of a tagged record must be a string: ${tag}`;
    return freeze(create(objectPrototype, {
      [PASS_STYLE]: { value: 'tagged' },
      [toStringTag]: { value: tag },
      payload: { value: payload, enumerable: true },
    }));
  };

  // ---- symbols ----

  /* A well-known symbol's name begins with "@@", so that of a registered one that does gets two
   * more in front. */
  const wellKnown = new Map(
    ownKeys(Symbol)
      .filter(key => typeof Symbol[key] === 'symbol')
      .map(key => [Symbol[key], `@@${key}`]),
  );
  const wellKnownByName = new Map([...wellKnown].map(([symbol, name]) => [name, symbol]));

  const symbolName = symbol => {
    const registered = Symbol.keyFor(symbol);
    if (registered !== undefined) {
      return registered.startsWith('@@') ? `@@${registered}` : registered;
    }
    return wellKnown.get(symbol) ??
      Refuse`Only registered symbols or well-known symbols are passable: ${q(symbol)}`;
  };

  const symbolOf = name => {
    if (!name.startsWith('@@')) return Symbol.for(name);
    if (name.startsWith('@@@@')) return Symbol.for(name.slice(2));
    return wellKnownByName.get(name) ??
      Refuse`Reserved for well known symbol ${q(name.slice(2))}: ${q(name)}`;
  };

  // ---- styles by name ----

  const styleOfObject = object => {
    if (!isFrozen(object)) Refuse`Cannot pass non-frozen objects like ${object}. Use harden()`;
    if (interfaceOf(object) !== undefined) return 'remotable';
    if (isArray(object)) return 'copyArray';
    if (isPromise(object)) return 'promise';
    if (object instanceof Error) return 'error';
    if (typeof object === 'function') return refuseUndeclared(object);
    return isTagged(object) ? 'tagged' : 'copyRecord';
  };

  const styleOf = value => {
    if (value === null) return 'null';
    const type = typeof value;
    return type === 'object' || type === 'function' ? styleOfObject(value) : type;
  };

  const passStyles = { isPromise, isTagged, makeTagged, symbolName, symbolOf, styleOf };
  return { ...realm, passStyles };
})
