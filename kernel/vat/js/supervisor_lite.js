/* Supervisor "lite": between the kernel's deliveries and one vat's objects.
 *
 *   kernel ── ["deliver", …] ──► deliveries ──► the vat's methods
 *             a message's parts ──►
 *   kernel ◄─ ["syscall", …] ─── E(), D(), promises, vatPowers
 *
 * It speaks SwingSet's protocol between kernel and vat (docs/kernel.md) and keeps no durable state
 * of its own: all is in the heap. The files before this one are its parts, in the order in which
 * each may use those before; this one takes commands.
 */
(realm => {
  'use strict';

  const { harden, seal, stackFrames, eventualSend, remotables, marshal } = realm;
  const { vatPowers, weakCollections } = realm;
  const { console, assert, show, nameConsole, deliver, callObject, startFrom } = realm;
  const { begin } = realm.durables;
  const { evaluate, evaluateProgram, compile } = realm.host;
  const { stringify, parse } = JSON;
  const { defineProperty, hasOwn } = Object;
  const { ownKeys } = Reflect;

  /** The module's namespace. A syntax error is told with its place: compiling once more runs
   *  none of the vat's code, so nobody but us sees a stack. */
  const evaluateSource = async source => {
    try {
      return await evaluate(source);
    } catch (problem) {
      if (problem instanceof SyntaxError) compileForPlace(source);
      throw problem;
    }
  };

  const compileForPlace = source => {
    stackFrames(1);
    try {
      compile(source);
    } catch (problem) {
      throw SyntaxError(`${problem.message} ${problem.stack.trim()}`);
    } finally {
      stackFrames(0);
    }
  };

  const PROGRAM = '{"moduleFormat":"headstart-modules",'; // as no module's source can begin
  const MODULES_MAX = 1024;

  const evaluateModules = text => {
    const { entry, modules } = parse(text);
    if (typeof entry !== 'string' || Object(modules) !== modules) {
      throw TypeError('a program of several modules has "entry" and "modules"');
    }
    if (ownKeys(modules).length > MODULES_MAX) {
      throw TypeError(`a program has at most ${MODULES_MAX} modules`);
    }
    return evaluateProgram({ entry, modules });
  };

  const evaluateText = text =>
    (text.startsWith(PROGRAM) ? evaluateModules(text) : evaluateSource(text));

  const commands = {
    setBundle: async (id, bundle) => {
      if (bundle.moduleFormat !== 'module') {
        throw TypeError(`lite vats are ES modules, not ${bundle.moduleFormat}`);
      }
      nameConsole(`${id}`);
      const namespace = await evaluateText(bundle.source);
      if (typeof namespace.buildRootObject !== 'function') {
        throw TypeError('the vat exports no buildRootObject');
      }
      startFrom(namespace.buildRootObject);
      return '["dispatchReady"]';
    },

    deliver: delivery => {
      begin();
      const type = delivery[0];
      if (!hasOwn(deliver, type)) throw TypeError(`unknown delivery ${type}`);
      const done = deliver[type](delivery[1], delivery[2]);
      return done instanceof Promise ? done.then(() => DELIVERED) : DELIVERED;
    },
  };

  const DELIVERED = '["ok",null,null]';
  let answer; // the text that answers the command at hand; undefined while it is not known

  const failure = problem => stringify(['error', show(problem), null]);

  /** Its answer, or, while that is not known, undefined: then it is asked for by `turn`. */
  const command = text => {
    answer = undefined;
    try {
      const request = parse(text);
      const name = request[0];
      if (!hasOwn(commands, name)) throw TypeError(`unknown command ${name}`);
      const outcome = commands[name](request[1], request[2]);
      if (outcome instanceof Promise) {
        outcome.then(value => {
          answer = value;
        }, problem => {
          answer = failure(problem);
        });
        return undefined;
      }
      return outcome;
    } catch (problem) {
      return failure(problem);
    }
  };

  const NO_SLOTS = Object.freeze([]);

  /** The commonest command, ["deliver",["message",…]], in its parts: only the call itself is parsed
   *  here. `slotsText` and `result` are undefined where there are none. */
  const message = (vref, body, slotsText, result) => {
    answer = undefined;
    try {
      begin();
      callObject(vref, body, slotsText === undefined ? NO_SLOTS : parse(slotsText), result);
      return DELIVERED;
    } catch (problem) {
      return failure(problem);
    }
  };

  const turn = () => {
    const text = answer ?? failure('the vat waits for something that never comes');
    answer = undefined;
    return text;
  };

  const globals = {
    E: eventualSend.E, Far: remotables.Far, harden, console, assert, ...weakCollections.classes,
    [Symbol.for('@endo passStyleOf')]: marshal.passStyleOf, // by the name that Endo looks for
    VatData: realm.durables.VatData,
  };
  for (const name of ownKeys(globals)) {
    defineProperty(globalThis, name, {
      value: globals[name], writable: true, enumerable: false, configurable: true,
    });
  }
  seal(); // before anything is hardened: it changes prototypes a last time
  harden(vatPowers);
  harden(realm.baggage);
  return { command, message, turn };
})
