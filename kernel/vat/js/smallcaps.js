/* Smallcaps: values to and from the text that travels between vats.
 *
 * Capdata is {"body": "#" + JSON, "slots": [reference…]}. What JSON lacks is written as strings
 * that begin with a character from "!" to "-"; a plain string that does so gets a "!" in front:
 *   "#undefined" "#NaN" "#Infinity" "#-Infinity"     constants
 *   "+5" "-5"                                        bigints
 *   "$0.Alleged: name"                               slot 0, a remotable; "$0" is read as well
 *   "&0"                                             slot 0, a promise
 *   {"#error": message, "name": name}                errors, with "cause" and "errors" if they
 *                                                    have some that can be passed
 * Records are written with sorted keys. Symbols, tagged values, and text with half a surrogate pair
 * are not passed; an error always is, whatever its properties do when they are read.
 *
 * Adds to the realm: makeSmallcaps(references) → { encode and decode functions below }, where
 * references knows toReference(object), fromReference(vref, interface) and faces, a WeakMap of
 * remotables to their interface names.
 */
(realm => {
  'use strict';

  const { stringify, parse } = JSON;
  const { freeze, defineProperty, getPrototypeOf, hasOwn } = Object;
  const { ownKeys, getOwnPropertyDescriptor } = Reflect;
  const isArray = Array.isArray;
  const objectPrototype = Object.prototype;

  const makeSmallcaps = ({ toReference, fromReference, faces }) => {
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
    const encodeText = text => {
      if (!text.isWellFormed()) throw TypeError('text with half a surrogate pair cannot be passed');
      return escape(text);
    };

    const encodeNumber = value => {
      if (value === 0) return 0; // -0 is not kept apart, as in Endo
      if (Number.isFinite(value)) return value;
      return Number.isNaN(value) ? '#NaN' : value > 0 ? '#Infinity' : '#-Infinity';
    };

    const ERRORS_DEEP = 8; // causes of causes that are passed
    let errorDepth = 0;

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
      try {
        const property = getOwnPropertyDescriptor(error, key);
        if (property !== undefined && 'value' in property) {
          result[key] = encode(property.value, slots);
        }
      } catch {
        forgetSlots(slots, length);
      }
    };

    const encodeError = (error, slots) => {
      const result = {
        '#error': errorText(error, 'message', ''),
        name: errorText(error, 'name', 'Error'),
      };
      if (errorDepth === ERRORS_DEEP) return result;
      errorDepth += 1;
      encodeErrorPart(error, 'cause', slots, result);
      encodeErrorPart(error, 'errors', slots, result);
      errorDepth -= 1;
      return result;
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

    const encodeRecord = (record, slots) => {
      const result = {};
      for (const key of ownKeys(record).sort(compareKeys)) {
        if (typeof key !== 'string') throw TypeError('a record with symbol keys cannot be passed');
        const property = getOwnPropertyDescriptor(record, key);
        if (!('value' in property)) throw TypeError(`an accessor cannot be passed: ${key}`);
        if (!property.enumerable) continue;
        define(result, encodeText(key), encode(property.value, slots));
      }
      return result;
    };

    const compareKeys = (a, b) => (String(a) < String(b) ? -1 : 1);

    const encodeObject = (object, slots) => {
      const name = faces.get(object);
      if (name !== undefined) return `$${slotOf(object, slots)}.${name}`;
      if (isArray(object)) {
        const result = [];
        for (let i = 0; i < object.length; i++) result.push(encode(object[i], slots));
        return result;
      }
      if (object instanceof Promise) return `&${slotOf(object, slots)}`;
      const prototype = getPrototypeOf(object);
      if (prototype === objectPrototype || prototype === null) return encodeRecord(object, slots);
      if (object instanceof Error) return encodeError(object, slots);
      throw TypeError(`cannot pass ${describe(object)}: use Far for objects with methods`);
    };

    const describe = object => {
      const tag = objectPrototype.toString.call(object);
      return tag === '[object Object]' ? 'an instance of a class' : tag;
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
        case 'object':
          return value === null ? null : encodeObject(value, slots);
        default:
          throw TypeError(`cannot pass a ${typeof value}`);
      }
    };

    const UNDEFINED = '{"body":"#\\"#undefined\\"","slots":[]}';

    /** Capdata, as JSON text. To `held`, if given, each remotable and promise in it is added. */
    const serialize = (value, held) => {
      if (value === undefined) return UNDEFINED;
      if (typeof value === 'boolean') return `{"body":"#${value}","slots":[]}`;
      const slots = makeSlots();
      const body = stringify(`#${stringify(encode(value, slots))}`);
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

    const decodeString = (text, slots) => {
      const first = text.charCodeAt(0);
      if (!(first >= 0x21 && first <= 0x2d)) return text; // also the empty one: NaN
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

    /* What JSON.parse made is ours alone: values are decoded in place. */
    const decodeRecord = (encoded, slots) => {
      if (hasOwn(encoded, '#error')) return decodeError(encoded, slots);
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
      for (let i = 0; i < items.length; i++) items[i] = decode(items[i], slots);
      return items;
    };

    const decode = (encoded, slots) => {
      switch (typeof encoded) {
        case 'string':
          return decodeString(encoded, slots);
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

    return { serialize, serializeReason, unserialize, parseBody, decode, decodeItems };
  };

  return { ...realm, makeSmallcaps };
})
