/* Handled promises: those along which a message can go before they are settled.
 *
 * A promise that others decide has its reference for a way: what is sent to it goes there at once.
 * The result of a send within the vat has none until it is resolved; then it takes the way of what
 * it was resolved to. All of it turn by turn as Endo's HandledPromise has it, which SwingSet's vats
 * are used to.
 *
 * Adds to the realm: makeHandledPromises(isPresence), which gives
 *   NOTHING               a promise that is fulfilled; a job later: NOTHING.then(job)
 *   makeHandled(way)      a new one, with what settles it
 *   endOf(promise)        the last of those that it was resolved to, one after the other
 *   wayOf(promise)        { vref } | { presence } | { jobs }: those wait until there is a way
 *   resolveHandled(value) a promise for it, with its way
 *   hardenIfPossible(value)
 */
(realm => {
  'use strict';

  const { harden } = realm;
  const { Given } = realm.parts;
  const { freeze } = Object;
  const NOTHING = freeze(Promise.resolve());

  /** What cannot be hardened cannot be passed either, of which others tell. */
  const hardenIfPossible = value => {
    try {
      return harden(value);
    } catch {
      return value;
    }
  };

  /* A promise's way, or { to: the promise that it was resolved to }. It is a field that nobody else
   * can see or name: ways lead back to their promises, which a WeakMap of the engine's would hold. */
  class Handled extends Given {
    #way;

    constructor(promise, way) {
      super(promise);
      this.#way = way;
    }

    static wayOf(value) {
      return Object(value) === value && #way in value ? value.#way : undefined;
    }

    static setWay(promise, way) {
      promise.#way = way;
    }
  }
  const { wayOf, setWay } = Handled;

  const makeHandledPromises = isPresence => {
    const endOf = value => {
      let end = value;
      let way = wayOf(end);
      if (way === undefined) return value; // no promise, mostly
      for (; way?.to !== undefined; way = wayOf(end)) end = way.to;
      const isFinal = way?.presence !== undefined;
      for (let at = value; at !== end; ) { // the next one has it shorter
        const { to } = wayOf(at);
        setWay(at, isFinal ? way : { to: end });
        at = to;
      }
      return end;
    };

    /** Where `promise` leads now that it is resolved to `end`. */
    const lead = (promise, end) => {
      const way = isPresence(end) ? { presence: end } : wayOf(end);
      if (way === undefined || end === promise) setWay(promise, undefined);
      else setWay(promise, way.presence === undefined ? { to: end } : way);
    };

    /** { promise, resolve, reject } */
    const makeHandled = (way = { jobs: [] }) => {
      let settleNative;
      let isResolved = false;
      const promise = new Promise((resolve, reject) => {
        settleNative = { resolve, reject };
      });
      freeze(new Handled(promise, way));
      const goOn = () => way.jobs?.splice(0).forEach(job => NOTHING.then(job));

      return {
        promise,
        resolve: value => {
          if (isResolved) return;
          isResolved = true;
          const end = endOf(value);
          lead(promise, end);
          settleNative.resolve(end);
          goOn();
        },
        reject: reason => {
          if (isResolved) return;
          isResolved = true;
          setWay(promise, undefined);
          settleNative.reject(hardenIfPossible(reason));
          goOn();
        },
      };
    };

    const resolveHandled = value => {
      const promise = Promise.resolve(value);
      return freeze(isPresence(value) ? new Handled(promise, { presence: value }) : promise);
    };

    return { NOTHING, makeHandled, endOf, wayOf, resolveHandled, hardenIfPossible };
  };

  return { ...realm, makeHandledPromises };
})
