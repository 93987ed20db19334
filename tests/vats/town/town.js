/* One of everything that a message can lead to: calls to another vat, promises that settle later
 * or never, failures, words to the world outside, and work that takes its time. */
export function buildRootObject({ D }) {
  let counter;
  let bridge;
  let openGate;
  const gate = new Promise(resolve => {
    openGate = resolve;
  });

  return Far('town', {
    bootstrap(vats, devices) {
      counter = vats.counter;
      bridge = devices.bridge;
    },

    /** Answered by another vat: fulfilled once that one has spoken. */
    count(amount) {
      return E(counter).add(amount);
    },

    async countTwice(amount) {
      const first = await E(counter).add(amount);
      const second = await E(counter).add(amount);
      return { first, second };
    },

    /** To the world outside, through the bridge device. */
    announce(text) {
      D(bridge).callOutbound({ type: 'announcement', text });
    },

    /** Stays pending until somebody opens the gate, maybe many blocks later. */
    waitAtGate(name) {
      return gate.then(toll => {
        D(bridge).callOutbound({ type: 'passed', name, toll });
        return `${name} passed for ${toll}`;
      });
    },

    openGate(toll) {
      openGate(toll);
    },

    fail(text) {
      throw Error(text);
    },

    /** Takes time in proportion to `rounds`, and always gives the same answer. */
    work(rounds) {
      let x = 1;
      for (let i = 0; i < rounds; i += 1) x = (x * 48271) % 2147483647;
      return x;
    },
  });
}
