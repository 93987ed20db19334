// Makes vats, upgrades and ends them, as it is told.
export function buildRootObject() {
  const made = new Map(); // name → { root, adminNode }
  const meters = new Map();
  const ends = [];
  const held = new Map();
  const fromName = value => (held.has(value) ? held.get(value) : value);
  let service, criticalVatKey;

  const withCaps = ({ meter, critical, ...options }) => {
    const caps = {};
    if (meter !== undefined) caps.meter = meters.get(meter);
    if (critical) caps.critical = critical === 'forged' ? Far('key') : criticalVatKey;
    return { ...options, ...caps };
  };
  const programOf = async program => {
    if (typeof program === 'object') return program;
    return program.length === 64 ? program : E(service).getNamedBundleCap(program);
  };

  return Far('maker', {
    bootstrap: async (vats, devices) => {
      service = await E(vats.vatAdmin).createVatAdminService(devices.vatAdmin);
      criticalVatKey = await E(vats.vatAdmin).getCriticalVatKey();
    },
    create: async (name, program, options = {}) => {
      const kit = await E(service).createVat(await programOf(program), withCaps(options));
      made.set(name, kit);
      E(kit.adminNode).done().then(
        value => ends.push(`${name} done: ${value}`),
        problem => ends.push(`${name} failed: ${problem.message ?? problem}`),
      );
      return `made ${name}`;
    },
    createTwo: (program, options = {}) =>
      Promise.allSettled([1, 2].map(async () => {
        await E(service).createVat(await programOf(program), withCaps(options));
      })).then(all => all.map(({ status }) => status)),
    /** So many one after the other, each ended before the next: how many there were. */
    createAndEnd: async (program, count) => {
      const bundle = await programOf(program);
      let ended = 0;
      for (let i = 0; i < count; i += 1) {
        const { adminNode } = await E(service).createVat(bundle, {});
        E(adminNode).terminateWithFailure('enough');
        await E(adminNode).done().catch(() => (ended += 1));
      }
      return ended;
    },
    call: (name, method, ...args) => E(made.get(name).root)[method](...args),
    upgrade: async (name, program, options) =>
      E(made.get(name).adminNode).upgrade(await programOf(program), options),
    end: (name, reason) => E(made.get(name).adminNode).terminateWithFailure(reason),
    change: (name, options) => E(made.get(name).adminNode).changeOptions(options),
    ends: () => [...ends],
    /** Hold what comes of a call under a name; as an argument the name stands for it. */
    hold: async (key, name, method, ...args) => {
      held.set(key, await E(made.get(name).root)[method](...args.map(fromName)));
    },
    mine: (key, text) => {
      held.set(key, Far('mine', { name: () => text }));
    },
    use: (key, method, ...args) => E(held.get(key))[method](...args.map(fromName)),
    pass: (name, method, ...args) => E(made.get(name).root)[method](...args.map(fromName)),
    same: async (key, name, method) => held.get(key) === await E(made.get(name).root)[method](),
    letGo: key => held.delete(key),
    /** What a promise that the vat never settles comes to. */
    wait: name =>
      E(made.get(name).root).never().catch(
        ({ name: kind, upgradeMessage, incarnationNumber, message }) =>
          ({ kind, upgradeMessage, incarnationNumber, message })),
    meter: async (name, remaining, threshold) => {
      const meter = await E(service).createMeter(remaining, threshold);
      meters.set(name, meter);
      E(meter).notify().then(left => ends.push(`${name} has ${left}`));
    },
    endMeter: name => E(meters.get(name)).end(),
    refill: (name, steps) => E(meters.get(name)).addRemaining(steps),
    left: async name => (await E(meters.get(name)).get()).remaining,
  });
}
