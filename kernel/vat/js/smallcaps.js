/* Smallcaps: values to and from the text that travels between vats.
 *
 * Capdata is {"body": "#" + JSON, "slots": [reference…]}. What JSON lacks is written as strings
 * that begin with a character from "!" to "-"; a plain string that does so gets a "!" in front:
 *   "#undefined" "#NaN" "#Infinity" "#-Infinity"     constants
 *   "+5" "-5"                                        bigints
 *   "$0.Alleged: name"                               slot 0, a remotable; "$0" is read as well
 *   "&0"                                             slot 0, a promise
 *   "%name" "%@@iterator"                            registered and well-known symbols
 *   {"#tag": tag, "payload": value}                  tagged values
 *   {"#error": message, "name": name}                errors, with "cause" and "errors" if they
 *                                                    have some that can be passed
 * Records are written with sorted keys. Text with half a surrogate pair is not passed; an error
 * always is, whatever its properties do when they are read. What is passed is frozen: the two vats
 * then hold equal values for ever.
 *
 * Adds to the realm: makeSmallcaps({ toReference(object), fromReference(vref, interface) }) → the
 * encode and decode functions below; passStyleOf(value).
 */
(realm => {
  'use strict';

  const { faces, interfaceOf, refuseUndeclared } = realm.remotables;
  const { styleOf, isTagged, makeTagged, isPromise, symbolName, symbolOf } = realm.passStyles;
  const { quote: q } = realm.assert;
  const { Refuse } = realm;
  const { stringify, parse } = JSON;
  const { isFinite } = Number;
  const { freeze, defineProperty, getPrototypeOf, hasOwn } = Object;
  const { ownKeys, getOwnPropertyDescriptor } = Reflect;
  const isArray = Array.isArray;
  const { toStringTag } = Symbol;
  const objectPrototype = Object.prototype;
  const arrayPrototype = Array.prototype;

  const makeSmallcaps = ({ toReference, fromReference }) => {
    const define = (object, key, value) => {
      if (key === '__proto__') {
        defineProperty(object, key, {
          value, writable: true, enumerable: true, configurable: true,
        });
      } else {
        object[key] = value;
      }
    };

    /* A string that begins with one of "!" to "-" would read as something else. */
    const escape = text => {
      const first = text.charCodeAt(0);
      return first >= 0x21 && first <= 0x2d ? `!${text}` : text;
    };

    /* Half a surrogate pair is no character: two such texts could become one on their way. */
    const wellFormed = text => {
      if (!text.isWellFormed()) throw TypeError('text with half a surrogate pair cannot be passed');
      return text;
    };
    const encodeText = text => escape(wellFormed(text));

    const encodeNumber = value => {
      if (value === 0) return 0; // -0 is not kept apart, as in Endo
      if (isFinite(value)) return value;
      return Number.isNaN(value) ? '#NaN' : value > 0 ? '#Infinity' : '#-Infinity';
    };

    const ERRORS_DEEP = 8; // causes of causes that are passed

    const errorText = (error, key, otherwise) => {
      let text;
      try {
        text = error[key];
      } catch {
        text = `(its ${key} cannot be read)`;
      }
      return escape((typeof text === 'string' ? text : otherwise).toWellFormed());
    };

    /** Adds the part of that name to `result` if the error has it and it can be passed. */
    const encodeErrorPart = (error, key, slots, result) => {
      const { length } = slots.objects;
      const { depth } = trail;
      try {
        const property = getOwnPropertyDescriptor(error, key);
        if (property !== undefined && 'value' in property) {
          result[key] = encode(property.value, slots);
        }
      } catch {
        trail.depth = depth;
        forgetSlots(slots, length);
      }
    };

    const encodeError = (error, slots) => {
      try {
        freeze(error);
      } catch {
        // a Proxy, which tells what it likes anyway
      }
      const result = {
        '#error': errorText(error, 'message', ''),
        name: errorText(error, 'name', 'Error'),
      };
      if (trail.errors === ERRORS_DEEP) return result;
      trail.errors += 1;
      encodeErrorPart(error, 'cause', slots, result);
      encodeErrorPart(error, 'errors', slots, result);
      trail.errors -= 1;
      return result;
    };

    /* Where the encoder stands: the objects it is in and the keys it went by, of which only as much
     * is kept as the depth says; and how many errors it is in. */
    const DEPTH_MAX = 1000; // more than the kernel lets pass
    const makeTrail = () => ({ depth: 0, objects: [], keys: [], errors: 0 });
    let trail = makeTrail();
    let encoding = false;

    const enter = (object, key) => {
      const { depth } = trail;
      if (depth === DEPTH_MAX) refuseDeep();
      trail.objects[depth] = object;
      trail.keys[depth] = key;
      trail.depth = depth + 1;
    };
    const leave = () => {
      trail.depth -= 1;
    };

    const refuseDeep = () => {
      const cyclic = new Set(trail.objects).size < DEPTH_MAX;
      trail.depth = 0; // a place of 1000 keys helps nobody
      if (cyclic) Refuse`Pass-by-copy data cannot be cyclic ${{}}`;
      throw TypeError('data that nests more than 1000 deep cannot be passed');
    };

    const placeOf = key => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${stringify(key)}]`;
    };

    /** The same error with its place added: ", at .orders[3].price". One that a Proxy of the vat's
     *  threw stays as it is. */
    const located = problem => {
      const place = trail.keys.slice(0, trail.depth).map(placeOf).join('');
      try {
        const prototype = getPrototypeOf(problem);
        if (prototype === TypeError.prototype) return TypeError(`${problem.message}, at ${place}`);
        if (prototype === Error.prototype) return Error(`${problem.message}, at ${place}`);
      } catch {
        // no error at all
      }
      return problem;
    };

    /* Slots hold the objects themselves while a value is encoded: only what is passed in the end
     * gets a reference. */
    const SLOTS_FEW = 16;
    const makeSlots = () => ({ objects: [], indexes: undefined });

    const slotOf = (object, slots) => {
      const { objects } = slots;
      const known = slots.indexes === undefined ? objects.indexOf(object)
                                                : (slots.indexes.get(object) ?? -1);
      if (known >= 0) return known;
      const index = objects.push(object) - 1;
      if (slots.indexes !== undefined) {
        slots.indexes.set(object, index);
      } else if (objects.length === SLOTS_FEW) {
        slots.indexes = new Map(objects.map((held, i) => [held, i]));
      }
      return index;
    };

    const forgetSlots = (slots, length) => {
      for (const object of slots.objects.splice(length)) slots.indexes?.delete(object);
    };

    const isSymbol = key => typeof key === 'symbol';

    const encodeRecord = (record, slots) => {
      const result = {};
      const keys = ownKeys(freeze(record));
      if (keys.some(isSymbol)) {
        return isTagged(record) ? encodeTagged(record, slots) : refuseUndeclared(record);
      }
      for (const key of keys.sort()) {
        enter(record, key);
        const property = getOwnPropertyDescriptor(record, key);
        checkProperty(record, key, property);
        const { value } = property;
        if (typeof value === 'function' && interfaceOf(value) === undefined) {
          refuseUndeclared(record);
        }
        define(result, encodeText(key), encode(value, slots));
        leave();
      }
      return result;
    };

    const encodeArray = (array, slots) => {
      const { length } = freeze(array);
      const result = [];
      if (getPrototypeOf(array) !== arrayPrototype) throw TypeError('Malformed array: (an object)');
      for (let i = 0; i < length; i++) {
        enter(array, i);
        const property = getOwnPropertyDescriptor(array, i);
        checkProperty(array, i, property);
        result.push(encode(property.value, slots));
        leave();
      }
      if (ownKeys(array).length !== length + 1) {
        throw TypeError('Arrays must not have non-indexes: (an object)');
      }
      return result;
    };

    const checkProperty = (object, key, property) => {
      if (property === undefined) Refuse`${q(key)} property expected: ${object}`;
      if (!('value' in property)) Refuse`${q(key)} must not be an accessor property: ${object}`;
      if (!property.enumerable) Refuse`${q(key)} must be an enumerable property: ${object}`;
    };

    const encodeTagged = (tagged, slots) => {
      enter(tagged, 'payload');
      const payload = encode(tagged.payload, slots);
      leave();
      return { '#tag': encodeText(tagged[toStringTag]), payload };
    };

    /* Most remotables are known already. */
    const encodeRemotable = (target, slots) => {
      const name = faces.get(target) ?? interfaceOf(target) ?? refuseUndeclared(target);
      return `$${slotOf(target, slots)}.${name}`;
    };

    const encodeObject = (object, slots) => {
      if (faces.has(object)) return encodeRemotable(object, slots);
      if (isArray(object)) return encodeArray(object, slots);
      if (getPrototypeOf(object) === objectPrototype) return encodeRecord(object, slots);
      if (isPromise(object)) return `&${slotOf(freeze(object), slots)}`;
      if (object instanceof Error) return encodeError(object, slots);
      return encodeRemotable(object, slots);
    };

    const encode = (value, slots) => {
      switch (typeof value) {
        case 'string':
          return encodeText(value);
        case 'number':
          return encodeNumber(value);
        case 'boolean':
          return value;
        case 'undefined':
          return '#undefined';
        case 'bigint':
          return value < 0n ? `${value}` : `+${value}`;
        case 'symbol':
          return `%${wellFormed(symbolName(value))}`;
        case 'function':
          return encodeRemotable(value, slots);
        default:
          return value === null ? null : encodeObject(value, slots);
      }
    };

    const encodeTold = (value, slots) => {
      trail.depth = 0;
      trail.errors = 0;
      try {
        return encode(value, slots);
      } catch (problem) {
        throw trail.depth === 0 ? problem : located(problem);
      } finally {
        trail.objects.length = 0; // they may be garbage from now on
      }
    };

    /** As JSON to be: strings, numbers and plain objects. Whatever fails is told with its place.
     *  What a value does when it is read may be to send another one. */
    const encodeWhole = (value, slots) => {
      const outer = trail;
      const within = encoding;
      if (within) trail = makeTrail();
      encoding = true;
      try {
        return encodeTold(value, slots);
      } finally {
        trail = outer;
        encoding = within;
      }
    };

    const UNDEFINED = '{"body":"#\\"#undefined\\"","slots":[]}';

    /** Capdata, as JSON text. To `held`, if given, each remotable and promise in it is added. */
    const serialize = (value, held) => {
      if (value === undefined) return UNDEFINED;
      const type = typeof value;
      if (type === 'boolean' || value === null || (type === 'number' && isFinite(value))) {
        return `{"body":"#${value}","slots":[]}`; // -0 is written "0"
      }
      const slots = makeSlots();
      const body = stringify(`#${stringify(encodeWhole(value, slots))}`);
      if (slots.objects.length === 0) return `{"body":${body},"slots":[]}`;
      if (held !== undefined) for (const object of slots.objects) held.push(object);
      return `{"body":${body},"slots":["${slots.objects.map(toReference).join('","')}"]}`;
    };

    const decodeReference = (text, slots) => {
      const dot = text.indexOf('.');
      const index = dot < 0 ? text.slice(1) : text.slice(1, dot);
      const vref = slots[index];
      if (typeof vref !== 'string') throw TypeError(`no slot for ${text}`);
      return fromReference(vref, dot < 0 ? undefined : text.slice(dot + 1));
    };

    const constants = new Map([
      ['#undefined', undefined], ['#NaN', NaN], ['#Infinity', Infinity],
      ['#-Infinity', -Infinity], ['#-0', -0],
    ]);

    /** A string that begins with a character that means something. */
    const decodeString = (text, slots) => {
      switch (text[0]) {
        case '!':
          return text.slice(1);
        case '+':
          return BigInt(text.slice(1));
        case '-':
          return BigInt(text);
        case '$':
        case '&':
          return decodeReference(text, slots);
        case '%':
          return symbolOf(text.slice(1));
        case '#':
          if (constants.has(text)) return constants.get(text);
        // falls through
        default:
          throw TypeError(`cannot read ${text}`);
      }
    };

    const errorKinds = new Map(
      [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
        .map(kind => [kind.name, kind]),
    );

    const decodeError = (encoded, slots) => {
      const name = decode(encoded.name, slots);
      const message = decode(encoded['#error'], slots);
      if (typeof name !== 'string' || typeof message !== 'string') {
        throw TypeError('an error needs a name and a message');
      }
      const error = name === 'AggregateError' ? AggregateError([], message)
                                              : (errorKinds.get(name) || Error)(message);
      if (error.name !== name) defineProperty(error, 'name', { value: name });
      for (const part of ['cause', 'errors']) {
        if (!hasOwn(encoded, part)) continue;
        defineProperty(error, part, { value: decode(encoded[part], slots) });
      }
      return freeze(error);
    };

    const decodeTagged = (encoded, slots) => {
      const { '#tag': tag, payload, ...others } = encoded;
      if (typeof tag !== 'string') throw TypeError('a tag must be a string');
      if (payload === undefined || ownKeys(others).length > 0) {
        throw TypeError('a tagged value has a tag and a payload, no more');
      }
      return makeTagged(decode(tag, slots), decode(payload, slots));
    };

    /* What JSON.parse made is ours alone: values are decoded in place. */
    const decodeRecord = (encoded, slots) => {
      if (hasOwn(encoded, '#error')) return decodeError(encoded, slots);
      if (hasOwn(encoded, '#tag')) return decodeTagged(encoded, slots);
      const keys = ownKeys(encoded);
      let escaped = false;
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i];
        if (key[0] === '#') throw TypeError(`cannot read a record with ${key}`);
        if (key[0] === '!') escaped = true;
        encoded[key] = decode(encoded[key], slots); // always its own property, "__proto__" too
      }
      return freeze(escaped ? unescapeKeys(encoded, keys) : encoded);
    };

    const unescapeKeys = (record, keys) => {
      const result = {};
      for (const key of keys) define(result, key[0] === '!' ? key.slice(1) : key, record[key]);
      return result;
    };

    const decodeItems = (items, slots) => {
      for (let i = 0; i < items.length; i++) {
        const item = items[i];
        if (typeof item === 'string' || typeof item === 'object') items[i] = decode(item, slots);
      }
      return items;
    };

    const decode = (encoded, slots) => {
      switch (typeof encoded) {
        case 'string': {
          const first = encoded.charCodeAt(0);
          if (first >= 0x21 && first <= 0x2d) return decodeString(encoded, slots);
          return encoded; // also the empty one: NaN
        }
        case 'object':
          if (encoded === null) return null;
          if (isArray(encoded)) return freeze(decodeItems(encoded, slots));
          return decodeRecord(encoded, slots);
        default:
          return encoded;
      }
    };

    const parseBody = body => {
      if (body[0] !== '#') throw TypeError('capdata is not smallcaps');
      return parse(body.slice(1));
    };

    /** The same of a rejection's reason, which is always told: if it cannot be passed, why not, and
     *  if that cannot either, in fixed words. */
    const serializeReason = (reason, held) => {
      let why;
      try {
        return serialize(reason, held);
      } catch (problem) {
        why = problem;
      }
      try {
        return serialize(why, held);
      } catch {
        return serialize(TypeError('the reason cannot be passed'));
      }
    };

    const unserialize = data => decode(parseBody(data.body), data.slots);

    /** What kind of passable `value` is, in Endo's words; throws if it is none. */
    const passStyleOf = value => {
      const style = styleOf(value);
      encodeWhole(value, makeSlots());
      return style;
    };

    return {
      serialize, serializeReason, unserialize, parseBody, decode, decodeItems, passStyleOf,
    };
  };

  return { ...realm, makeSmallcaps };
})
