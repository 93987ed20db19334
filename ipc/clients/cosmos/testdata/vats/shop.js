/* What the module's rules are tried with. Every method's first argument is the caller that the chain
 * names: { from, height, time, funds? }. */
export function buildRootObject({ D }) {
  let counter;
  let bridge;
  let sold = 0;
  const inbox = [];
  let open;
  const gate = new Promise(resolve => {
    open = resolve;
  });

  return Far('shop', {
    bootstrap(vats, devices) {
      counter = vats.counter;
      bridge = devices.bridge;
    },

    whoami(caller, ...rest) {
      return harden({ caller, rest });
    },

    sell(_caller, amount) {
      sold += amount;
      return sold;
    },

    sold() {
      return sold;
    },

    count(_caller, amount) {
      return E(counter).add(amount);
    },

    /** Many deliveries, one after the other. */
    async countOften(_caller, times) {
      let last;
      for (let i = 0; i < times; i += 1) last = await E(counter).add(1);
      return last;
    },

    /** To the world outside, and then counts. */
    say(_caller, output) {
      D(bridge).callOutbound(output);
      sold += 1;
      return sold;
    },

    sayAndFail(_caller, output) {
      D(bridge).callOutbound(output);
      throw Error('said, and failed');
    },

    /** Says it after many deliveries: in a later block, where those are few. */
    async sayLate(_caller, times, output) {
      for (let i = 0; i < times; i += 1) await E(counter).add(1);
      D(bridge).callOutbound(output);
      return 'said';
    },

    fail(_caller, text) {
      throw Error(text);
    },

    work(_caller, rounds) {
      let x = 1;
      for (let i = 0; i < rounds; i += 1) x = (x * 48271) % 2147483647;
      return x;
    },

    wait() {
      return gate;
    },

    open(_caller, toll) {
      open(toll);
    },

    /** From now on by the bridge. */
    register() {
      D(bridge).registerInboundHandler(Far('inbox', {
        inbound: (caller, payload) => inbox.push({ from: caller.from, payload }),
      }));
    },

    inbound(caller, payload) {
      inbox.push({ from: caller.from, payload });
    },

    inbox() {
      return harden([...inbox]);
    },
  });
}
