/* Makes, renews and ends vats, as transactions ask: counters, each by a number. */

export function buildRootObject() {
  const counters = new Map(); // number → promise of { root, adminNode }
  let service;
  let [founded, renewed, ended] = [0, 0, 0];

  const programOf = name => E(service).getNamedBundleCap(name);

  const make = async number => {
    const program = await programOf('counter');
    const kit = await E(service).createVat(program, { vatParameters: { number } });
    E(kit.adminNode).done().catch(() => {
      ended += 1;
    });
    return kit;
  };

  const counter = number => {
    const kit = counters.get(number);
    if (kit === undefined) throw RangeError(`contracts: there is no counter ${number}`);
    return kit;
  };

  return Far('contracts', {
    begin(adminService) {
      service = adminService;
    },

    async found(_caller, number) {
      if (counters.has(number)) return 'is there';
      const kit = make(number);
      counters.set(number, kit);
      try {
        await kit;
      } catch (problem) {
        if (counters.get(number) === kit) counters.delete(number);
        throw problem;
      }
      founded += 1;
      return 'founded';
    },

    async visit(_caller, number, by) {
      const { root } = await counter(number);
      return E(root).add(by);
    },

    /** Another program goes on with what the counter has in its baggage. */
    async renew(_caller, number) {
      const { adminNode } = await counter(number);
      const options = { vatParameters: { number }, upgradeMessage: 'renewed' };
      const incarnation = await E(adminNode).upgrade(await programOf('renewed'), options);
      renewed += 1;
      return incarnation;
    },

    async close(_caller, number) {
      const kit = counter(number);
      counters.delete(number);
      const { adminNode } = await kit;
      await E(adminNode).terminateWithFailure('closed');
      return ended;
    },

    tally: () => ({ founded, renewed, ended }),
  });
}
