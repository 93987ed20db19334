/* Assert: checks that throw, and the quoting of values in what they say, as SES offers them.
 *
 * What a template quotes with `quote` is shown; of all else an error tells only what kind of value
 * it is, for it travels to other vats.
 *
 * Adds to the realm: assert, with fail, equal, typeof, string, details, Fail, quote, bare,
 * makeError (also as error) and note; Refuse, as Fail, with a TypeError, for what cannot be passed.
 */
(realm => {
  'use strict';

  const { freeze, create, keys, assign, is } = Object;
  const { stringify } = JSON;
  const { isArray } = Array;
  const { toStringTag } = Symbol;

  const an = word => (/^[aeiou]/i.test(word) ? `an ${word}` : `a ${word}`);

  // ---- quoting ----

  const quotedObject = value => {
    if (value instanceof Error) return `[${value.name}: ${value.message}]`;
    if (toStringTag in value) return `[${value[toStringTag]}]`;
    if (isArray(value)) return value;
    const sorted = {};
    for (const key of keys(value).sort()) sorted[key] = value[key];
    return sorted;
  };

  const quotedNumber = value => (Number.isFinite(value) ? value : `[${value}]`);

  /** For JSON.stringify: shows what JSON lacks as text in brackets, and an object once. */
  const makeReplacer = () => {
    const seen = new Set();
    return (_, value) => {
      switch (typeof value) {
        case 'object':
          if (value === null) return null;
          if (seen.has(value)) return '[Seen]';
          seen.add(value);
          return quotedObject(value);
        case 'function':
          return `[Function ${value.name || '<anon>'}]`;
        case 'string':
          return value.startsWith('[') ? `[${value}]` : value;
        case 'undefined':
        case 'symbol':
          return `[${String(value)}]`;
        case 'bigint':
          return `[${value}n]`;
        case 'number':
          return quotedNumber(value);
        default:
          return value;
      }
    };
  };

  const quoted = (value, spaces) => {
    try {
      return stringify(value, makeReplacer(), spaces);
    } catch {
      return '[Something that failed to stringify]';
    }
  };

  const shown = new WeakSet(); // what may be told: quote and bare make these

  const makeShown = text => {
    const result = freeze({ toString: freeze(text) });
    shown.add(result);
    return result;
  };
  const quote = (value, spaces) => makeShown(() => quoted(value, spaces));

  const bare = (text, spaces) =>
    (typeof text === 'string' && /^[\w:-]( ?[\w:-])*$/.test(text) ? makeShown(() => text)
                                                                  : quote(text, spaces));

  // ---- details: a template and what stands in it ----

  const templates = new WeakMap(); // details → { template, args }

  const shownArgument = arg => {
    if (shown.has(arg)) return `${arg}`;
    return `(${an(arg instanceof Error ? arg.name : typeof arg)})`;
  };
  const messageOf = ({ template, args }) => {
    let text = template[0];
    args.forEach((arg, i) => {
      text += shownArgument(arg) + template[i + 1];
    });
    return text;
  };

  const detailsPrototype = freeze({
    toString: freeze(function toString() {
      const known = templates.get(this);
      return known === undefined ? '[Not a DetailsToken]' : messageOf(known);
    }),
  });
  const details = (template, ...args) => {
    const token = freeze(create(detailsPrototype));
    templates.set(token, { template, args });
    return token;
  };

  // ---- errors ----

  const knownTemplate = why => {
    const known = typeof why === 'string' ? { template: [why], args: [] } : templates.get(why);
    if (known === undefined) throw TypeError(`unrecognized details ${quoted(why)}`);
    return known;
  };

  const makeError = (why = 'Assert failed', ErrorKind = Error, { cause, errors } = {}) => {
    const message = messageOf(knownTemplate(why));
    const options = cause && { cause };
    if (ErrorKind === AggregateError) return freeze(AggregateError(errors || [], message, options));
    const error = ErrorKind(message, options);
    if (errors !== undefined) Object.defineProperty(error, 'errors', { value: errors });
    return freeze(error);
  };

  const fail = (why = 'Check failed', ErrorKind = undefined, options = undefined) => {
    throw makeError(why, ErrorKind, options);
  };
  const Fail = (template, ...args) => fail(details(template, ...args));

  /** What is noted of an error is for a debugger, which vats have none of. */
  const note = (_error, why) => void knownTemplate(why);

  // ---- checks ----

  const check = (condition, why, ErrorKind, options) => {
    if (!condition) fail(why, ErrorKind, options);
  };

  const equal = (actual, expected, why, ErrorKind = RangeError, options = undefined) => {
    if (is(actual, expected)) return;
    fail(why || details`Expected ${actual} is same as ${expected}`, ErrorKind, options);
  };

  const hasType = (specimen, type, why) => {
    if (typeof specimen === type) return;
    if (typeof type !== 'string') Fail`${quote(type)} must be a string`;
    fail(why === undefined ? details`${specimen} must be ${bare(an(type))}` : why, TypeError);
  };
  const string = (specimen, why) => hasType(specimen, 'string', why);

  const assert = assign(check, {
    fail, equal, typeof: hasType, string, details, Fail, quote, bare, makeError, error: makeError,
    note,
  });
  const Refuse = (template, ...args) => fail(details(template, ...args), TypeError);

  return { ...realm, assert, Refuse };
})
