/* Weak collections: WeakMap and WeakSet, as vats have them.
 *
 * A presence goes when nothing but weak collections has it, and another one may come for the same
 * object. To the vat they are one: what it kept under the first must be there under the second. So
 * what is kept under a presence is kept under its reference, until the object is gone everywhere;
 * what is kept under a part of it (parts.js), under the reference and the part's name.
 *
 *   recognizers   such a place → the collections that have something there
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
  const { partNames, partOf } = realm.parts;
  const { vrefs } = realm.references;
  const EngineWeakMap = WeakMap;

  const records = new Set(); // of collections with presences: { collection: WeakRef, places: Set }
  const recognizers = new Map(); // place → Set of records

  const recognize = (place, record) => {
    const known = recognizers.get(place);
    if (known === undefined) recognizers.set(place, new Set([record]));
    else known.add(record);
    record.places.add(place);
  };

  const recognizeNoMore = (place, record) => {
    const known = recognizers.get(place);
    known.delete(record);
    if (known.size === 0) recognizers.delete(place);
  };

  /** The reference of a presence, or of what stands for a durable object: another one may come for
   *  either. Undefined for anything else. */
  const presenceReference = key => {
    const vref = vrefs.get(key);
    return vref !== undefined && /^o(-|\+d)/.test(vref) ? vref : undefined;
  };

  const partPlace = (vref, name) => `${vref} ${name}`;
  const placesOf = vref => [vref, ...partNames.map(name => partPlace(vref, name))];
  const vrefOf = place => place.split(' ', 1)[0];

  /** Undefined for what is neither a presence nor a part of one. */
  const placeOf = key => {
    const vref = presenceReference(key);
    const part = vref === undefined && Object(key) === key ? partOf(key) : undefined;
    const owner = part && presenceReference(part.owner);
    return owner === undefined ? vref : partPlace(owner, part.name);
  };

  /** What both are made of: `own` for all keys but presences and their parts. */
  class WeakEntries {
    #own = new EngineWeakMap();
    #presences; // Map of place → value
    #record;

    get(key) {
      const place = placeOf(key);
      return place === undefined ? this.#own.get(key) : this.#presences?.get(place);
    }

    has(key) {
      const place = placeOf(key);
      return place === undefined ? this.#own.has(key) : this.#presences?.has(place) ?? false;
    }

    set(key, value) {
      const place = placeOf(key);
      if (place === undefined) {
        this.#own.set(key, value);
        return;
      }
      if (this.#record === undefined) {
        this.#presences = new Map();
        this.#record = { collection: new WeakRef(this), places: new Set() };
        records.add(this.#record);
      }
      this.#presences.set(place, value);
      recognize(place, this.#record);
    }

    delete(key) {
      const place = placeOf(key);
      if (place === undefined) return this.#own.delete(key);
      if (this.#presences === undefined || !this.#presences.delete(place)) return false;
      this.#record.places.delete(place);
      recognizeNoMore(place, this.#record);
      return true;
    }

    forget(place) {
      this.#presences.delete(place);
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

  const recognizes = vref => placesOf(vref).some(place => recognizers.has(place));

  const forgetPlace = place => {
    for (const record of recognizers.get(place) ?? []) {
      record.places.delete(place);
      record.collection.deref()?.forget(place);
    }
    recognizers.delete(place);
  };
  const forget = vref => placesOf(vref).forEach(forgetPlace);

  const sweep = () => {
    const unrecognized = new Set();
    for (const record of records) {
      if (record.collection.deref() !== undefined) continue;
      records.delete(record);
      for (const place of record.places) {
        recognizeNoMore(place, record);
        if (!recognizes(vrefOf(place))) unrecognized.add(vrefOf(place));
      }
    }
    return [...unrecognized];
  };

  const classes = { WeakMap: VatWeakMap, WeakSet: VatWeakSet };
  return { ...realm, weakCollections: { classes, recognizes, forget, sweep } };
})
