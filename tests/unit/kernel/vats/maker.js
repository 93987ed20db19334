// Makes vats, upgrades and ends them, as it is told.
export function buildRootObject() {
  const made = new Map(); // name → { root, adminNode }
  const meters = new Map();
  const ends = [];
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
    call: (name, method, ...args) => E(made.get(name).root)[method](...args),
    upgrade: async (name, program, options) =>
      E(made.get(name).adminNode).upgrade(await programOf(program), options),
    end: (name, reason) => E(made.get(name).adminNode).terminateWithFailure(reason),
    change: (name, options) => E(made.get(name).adminNode).changeOptions(options),
    ends: () => [...ends],
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
    refill: (name, steps) => E(meters.get(name)).addRemaining(steps),
    left: async name => (await E(meters.get(name)).get()).remaining,
  });
}
