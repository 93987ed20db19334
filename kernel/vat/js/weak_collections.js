/* Weak collections: WeakMap and WeakSet, as vats have them.
 *
 * A presence goes when nothing but weak collections has it, and another one may come for the same
 * object. To the vat they are one: what it kept under the first must be there under the second. So
 * what is kept under a presence is kept under its reference, until the object is gone everywhere.
 *
 *   recognizers   reference → the collections that have something under it
 *
 * A collection is known here by its record alone, so that it can go, too. As long as it stays, it
 * holds what is kept under presences.
 *
 * Adds to the realm: weakCollections
 *   classes           WeakMap, WeakSet
 *   recognizes(vref)  is there something under it?
 *   forget(vref)      the object is gone
 *   sweep()           forget the collections that are gone; the references that only they recognized
 */
(realm => {
  'use strict';

  const { WeakRef } = realm;
  const { vrefs } = realm.references;
  const EngineWeakMap = WeakMap;

  const records = new Set(); // of collections with presences: { collection: WeakRef, vrefs: Set }
  const recognizers = new Map(); // vref → Set of records

  const recognize = (vref, record) => {
    const known = recognizers.get(vref);
    if (known === undefined) recognizers.set(vref, new Set([record]));
    else known.add(record);
    record.vrefs.add(vref);
  };

  const recognizeNoMore = (vref, record) => {
    const known = recognizers.get(vref);
    known.delete(record);
    if (known.size === 0) recognizers.delete(vref);
  };

  /** The reference of a presence, or of what stands for a durable object: another one may come for
   *  either. Undefined for anything else. */
  const presenceReference = key => {
    const vref = vrefs.get(key);
    return vref !== undefined && /^o(-|\+d)/.test(vref) ? vref : undefined;
  };

  /** What both are made of: `own` for all keys but presences. */
  class WeakEntries {
    #own = new EngineWeakMap();
    #presences; // Map of vref → value
    #record;

    get(key) {
      const vref = presenceReference(key);
      return vref === undefined ? this.#own.get(key) : this.#presences?.get(vref);
    }

    has(key) {
      const vref = presenceReference(key);
      return vref === undefined ? this.#own.has(key) : this.#presences?.has(vref) ?? false;
    }

    set(key, value) {
      const vref = presenceReference(key);
      if (vref === undefined) {
        this.#own.set(key, value);
        return;
      }
      if (this.#record === undefined) {
        this.#presences = new Map();
        this.#record = { collection: new WeakRef(this), vrefs: new Set() };
        records.add(this.#record);
      }
      this.#presences.set(vref, value);
      recognize(vref, this.#record);
    }

    delete(key) {
      const vref = presenceReference(key);
      if (vref === undefined) return this.#own.delete(key);
      if (this.#presences === undefined || !this.#presences.delete(vref)) return false;
      this.#record.vrefs.delete(vref);
      recognizeNoMore(vref, this.#record);
      return true;
    }

    forget(vref) {
      this.#presences.delete(vref);
    }
  }

  const named = (target, name) => {
    Object.defineProperty(target.prototype, Symbol.toStringTag, {
      value: name, writable: false, enumerable: false, configurable: true,
    });
    return target;
  };

  const VatWeakMap = named(class WeakMap {
    #entries = new WeakEntries();

    constructor(entries = undefined) {
      if (entries === undefined || entries === null) return;
      for (const [key, value] of entries) this.set(key, value);
    }

    get(key) {
      return this.#entries.get(key);
    }

    has(key) {
      return this.#entries.has(key);
    }

    set(key, value) {
      this.#entries.set(key, value);
      return this;
    }

    delete(key) {
      return this.#entries.delete(key);
    }
  }, 'WeakMap');

  const VatWeakSet = named(class WeakSet {
    #entries = new WeakEntries();

    constructor(values = undefined) {
      if (values === undefined || values === null) return;
      for (const value of values) this.add(value);
    }

    has(value) {
      return this.#entries.has(value);
    }

    add(value) {
      this.#entries.set(value, true);
      return this;
    }

    delete(value) {
      return this.#entries.delete(value);
    }
  }, 'WeakSet');

  const recognizes = vref => recognizers.has(vref);

  const forget = vref => {
    for (const record of recognizers.get(vref) ?? []) {
      record.vrefs.delete(vref);
      record.collection.deref()?.forget(vref);
    }
    recognizers.delete(vref);
  };

  const sweep = () => {
    const unrecognized = [];
    for (const record of records) {
      if (record.collection.deref() !== undefined) continue;
      records.delete(record);
      for (const vref of record.vrefs) {
        recognizeNoMore(vref, record);
        if (!recognizers.has(vref)) unrecognized.push(vref);
      }
    }
    return unrecognized;
  };

  const classes = { WeakMap: VatWeakMap, WeakSet: VatWeakSet };
  return { ...realm, weakCollections: { classes, recognizes, forget, sweep } };
})
