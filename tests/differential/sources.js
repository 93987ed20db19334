/* What both kernels run: a program's vats as text. A program names, for each vat, a function from
 * vatPowers and parameters to the methods of its root object. Its text is the vat: it sees nothing
 * but the globals of a vat and PRELUDE. A root with a method `meet` is given all roots first.
 * `bundles` are programs that a vat with a method `administer`, which is given the service for it,
 * may make others of, with parametersFor(name, parameters). */

/** Before every vat: `log` and `show`, and the root object that is told where logs go. */
const PRELUDE = `
  const unsent = [];
  let sendLog = text => void unsent.push(text);

  const showError = error => {
    const cause = error.cause === undefined ? '' : ' because ' + show(error.cause);
    const errors = error.errors === undefined ? '' : ' of ' + show(error.errors);
    return '(' + error.name + ': ' + error.message + cause + errors + ')';
  };

  /* One text for each passable value; promises and remotables by what they say of themselves. */
  const show = value => {
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return value + 'n';
    if (Object.is(value, -0)) return '-0';
    if (typeof value !== 'object' || value === null) return String(value);
    if (value instanceof Error) return showError(value);
    if (value instanceof Promise) return '[Promise]';
    if (Array.isArray(value)) return '[' + value.map(show).join(', ') + ']';
    const tag = value[Symbol.toStringTag];
    if (tag !== undefined && !('payload' in value)) return '[' + tag + ']';
    const fields = Object.keys(value).sort().map(key => key + ': ' + show(value[key]));
    return (tag === undefined ? '' : tag) + '{' + fields.join(', ') + '}';
  };

  const log = (...values) => {
    sendLog(NAME + ': ' + values.map(v => (typeof v === 'string' ? v : show(v))).join(' '));
  };

  /* Log how a promise settles. */
  const watch = (name, promise) =>
    void Promise.resolve(promise).then(
      value => log(name, 'fulfilled', value),
      reason => log(name, 'rejected', reason),
    );

  const rooted = methods => (vatPowers, parameters, baggage) => {
    const connect = device => {
      sendLog = text => void vatPowers.D(device).callOutbound(text);
      unsent.splice(0).forEach(sendLog);
    };
    return Far('root', { connect, ...methods(vatPowers, parameters, baggage) });
  };
`;

/** The vat that introduces the others: its own text is one of ours. */
const BOOTSTRAP = `({ D }) => ({
  async bootstrap(vats, devices) {
    for (const name of VATS) await E(vats[name]).connect(devices.bridge);
    if (vats.vatAdmin !== undefined) {
      const service = await E(vats.vatAdmin).createVatAdminService(devices.vatAdmin);
      for (const name of VATS) {
        if (ADMINISTERS[name]) await E(vats[name]).administer(service, devices.bridge);
      }
    }
    for (const name of VATS) if (MEETS[name]) await E(vats[name]).meet(vats);
  },
})`;

const head = name => `${PRELUDE}\n  const NAME = ${JSON.stringify(name)};`;

/** An expression whose value is buildRootObject. `sources`: of what it makes vats, as a vat under
 *  SwingSet gets its own text. */
export const vatExpression = (name, make, sources = {}) =>
  `(() => { ${head(name)}
  const SOURCES = ${JSON.stringify(sources)};
  const parametersFor = (program, parameters) => ({ source: SOURCES[program], parameters });
  return rooted(${make});\n})()`;

/* SwingSet's vat has these by its adapter. */
const IMPORTED = ['makeTagged'];
const importsOf = make => {
  const names = IMPORTED.filter(name => make.includes(name));
  return names.length === 0 ? '' : `import { ${names.join(', ')} } from '@endo/pass-style';\n`;
};

/** An ES module that exports buildRootObject. */
export const vatModule = (name, make) =>
  `${importsOf(make)}${head(name)}
const parametersFor = (program, parameters) => parameters;
export const buildRootObject = rooted(${make});\n`;

/** What a kernel is given: the vats by name, the bootstrap vat first, each as its maker's text. */
export const specOf = program => {
  const makers = Object.entries(program.vats).map(([name, make]) => [name, `${make}`]);
  const names = makers.map(([name]) => name);
  const meets = Object.fromEntries(makers.map(([name, text]) => [name, /\bmeet\(/.test(text)]));
  const administers = Object.fromEntries(
    makers.map(([name, text]) => [name, /\badminister\(/.test(text)]),
  );
  const bootstrap = BOOTSTRAP.replace(/VATS/g, JSON.stringify(names))
    .replace('MEETS', JSON.stringify(meets))
    .replace('ADMINISTERS', JSON.stringify(administers));
  return {
    makers: [['boot', bootstrap], ...makers],
    bundles: Object.entries(program.bundles ?? {}).map(([name, make]) => [name, `${make}`]),
    parameters: program.parameters ?? {},
    calls: program.calls,
    reapInterval: program.reapInterval ?? 'never',
  };
};
