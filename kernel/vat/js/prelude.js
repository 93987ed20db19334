/* Prelude: make a realm in which nothing but messages can be observed, before any other code runs.
 *
 * A vat must behave alike on every machine and on every replay, so the sources of time, randomness
 * and scheduling go; and what is left of the language is frozen, so that neither the supervisor nor
 * another part of the vat can be deceived by a changed prototype.
 *
 * The value is a function of the host's calls; it returns what a supervisor builds on:
 *   host    the host calls (kernel/vat/host_calls.h); nobody else ever sees them
 *   WeakRef the engine's, for who finds garbage; nobody else ever sees it
 *   harden  freeze an object and all that is reachable from it
 *   noteHardened   for what its maker froze itself, with all that is reachable from it
 *   seal    end of boot: freeze the language and fix the global names
 *   stackFrames   how many frames an error's stack holds from now on; 0 at first
 */
(host => {
  'use strict';

  const { ownKeys, getPrototypeOf, apply, construct } = Reflect;
  const { freeze, preventExtensions, defineProperty, getOwnPropertyDescriptor } = Object;

  // ---- time, randomness, scheduling ----

  const refuse = (what, why) => {
    const refusal = () => {
      throw TypeError(`${what} is not available in a vat: ${why}`);
    };
    return refusal;
  };
  const noClock = refuse('the current time', 'vats have no clock, ask a timer');

  const EngineDate = Date;
  const VatDate = function Date(...args) {
    if (!new.target || args.length === 0) noClock();
    return construct(EngineDate, args, new.target);
  };
  const hidden = { writable: true, enumerable: false, configurable: true };
  defineProperty(VatDate, 'prototype', { value: EngineDate.prototype, writable: false });
  defineProperty(VatDate, 'length', { value: 7 });
  defineProperty(VatDate.prototype, 'constructor', { value: VatDate, ...hidden });
  defineProperty(VatDate, 'now', { value: noClock, ...hidden });
  defineProperty(VatDate, 'parse', { value: EngineDate.parse, ...hidden });
  defineProperty(VatDate, 'UTC', { value: EngineDate.UTC, ...hidden });
  defineProperty(globalThis, 'Date', { value: VatDate, ...hidden });

  defineProperty(Math, 'random', {
    value: refuse('randomness', 'all nodes must compute the same'),
    ...hidden,
  });
  const { WeakRef } = globalThis;
  // Garbage collection is visible through weak references, waiting through shared memory.
  const removed = [
    'performance', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics',
    'gc', 'print', 'console', 'navigator', 'setTimeout', 'setInterval', 'queueMicrotask',
    'scriptArgs', 'std', 'os', 'bjson',
  ];
  for (const name of removed) delete globalThis[name];

  // ---- call stacks ----

  /* A stack names lines of the supervisor, which another version numbers differently, and hooks
   * into making one reach the functions on it. So errors carry none, which also keeps an exception
   * as cheap as the meter takes it to be. Ours may ask for frames where no vat code runs. */
  const { set: setStackFrames } = getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const stackFrames = count => apply(setStackFrames, Error, [count]);
  for (const name of ['prepareStackTrace', 'stackTraceLimit', 'captureStackTrace']) {
    delete Error[name];
  }
  stackFrames(0);
  // Nor does a function tell where it was written. Ours are booted without their text as well.
  for (const name of ['fileName', 'lineNumber', 'columnNumber']) delete Function.prototype[name];

  // ---- text coding, by the host ----

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }

    encode(text = '') {
      return new Uint8Array(host.encode(`${text}`.toWellFormed()));
    }
  }
  class TextDecoder {
    get encoding() {
      return 'utf-8';
    }

    decode(bytes = new Uint8Array(0)) {
      if (bytes instanceof ArrayBuffer) return host.decode(bytes);
      const { buffer, byteOffset, byteLength } = bytes;
      return host.decode(buffer.slice(byteOffset, byteOffset + byteLength));
    }
  }
  defineProperty(globalThis, 'TextEncoder', { value: TextEncoder, ...hidden });
  defineProperty(globalThis, 'TextDecoder', { value: TextDecoder, ...hidden });

  // ---- harden ----

  const hardened = new WeakSet();
  const isObject = value =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  /** What a typed array holds stays changeable: the language has no frozen ones. */
  const freezeOne = object => {
    if (ArrayBuffer.isView(object) && object.length > 0) preventExtensions(object);
    else freeze(object);
  };

  /** Freeze `root` and everything reachable from it by properties and prototypes. */
  const harden = root => {
    if (!isObject(root) || hardened.has(root)) return root;
    const found = new Set([root]);
    const visit = value => {
      if (isObject(value) && !hardened.has(value)) found.add(value);
    };
    for (const object of found) {
      freezeOne(object); // throws for what cannot be frozen; then nothing counts as hardened
      visit(getPrototypeOf(object));
      for (const key of ownKeys(object)) {
        const property = getOwnPropertyDescriptor(object, key);
        if ('value' in property) {
          visit(property.value);
        } else {
          visit(property.get);
          visit(property.set);
        }
      }
    }
    for (const object of found) hardened.add(object);
    return root;
  };
  const noteHardened = object => void hardened.add(object);

  // ---- the language, frozen ----

  /* Assigning to a name that a frozen prototype holds throws ("override mistake"), and ordinary
   * programs do assign these: `this.name = 'MyError'`, `object.toString = …`. As accessors they can
   * be shadowed by assignment and still not be changed. */
  const allowOverride = (prototype, names) => {
    for (const name of names) {
      const property = getOwnPropertyDescriptor(prototype, name);
      if (!property || !('value' in property)) continue;
      const { value } = property;
      defineProperty(prototype, name, {
        get: () => value,
        set(other) {
          if (this === prototype) throw TypeError(`cannot assign to shared property ${name}`);
          defineProperty(this, name, {
            value: other, writable: true, enumerable: true, configurable: true,
          });
        },
        enumerable: false,
        configurable: true,
      });
    }
  };

  const overridable = () => {
    allowOverride(Object.prototype, [
      'constructor', 'toString', 'toLocaleString', 'valueOf', 'hasOwnProperty',
    ]);
    allowOverride(Function.prototype, ['constructor', 'bind', 'toString']);
    allowOverride(Promise.prototype, ['constructor']);
    for (const name of ownKeys(globalThis)) {
      const value = globalThis[name];
      if (typeof value === 'function' && (value === Error || getPrototypeOf(value) === Error)) {
        allowOverride(value.prototype, ['constructor', 'message', 'name', 'toString']);
      }
    }
  };

  /* What no global name leads to, only syntax or a call. */
  const unnamed = () => [
    function* () {}, async () => {}, async function* () {},
    [][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](),
    'x'.matchAll(/x/g), (function* () {})(), (async function* () {})(),
    [].values().map(x => x), Iterator.from({ next() {} }),
    (function () { return arguments; })(),
  ];

  const seal = () => {
    overridable();
    for (const object of unnamed()) harden(getPrototypeOf(object));
    for (const name of ownKeys(globalThis)) {
      const property = getOwnPropertyDescriptor(globalThis, name);
      if (name === 'globalThis') {
        defineProperty(globalThis, name, { ...property, writable: false, configurable: false });
      } else if ('value' in property) {
        harden(property.value);
        defineProperty(globalThis, name, {
          value: property.value, writable: false, enumerable: false, configurable: false,
        });
      } else {
        throw TypeError(`unexpected accessor ${String(name)} in the realm`);
      }
    }
  };

  return { host, harden, noteHardened, seal, stackFrames, WeakRef };
})
