/* A vat that asks to be woken; each waking goes out through the bridge. */
export function buildRootObject({ D, exitVat }, { name }) {
  const handlers = new Map();
  let devices = {};
  let others = {};

  const handlerOf = who => {
    if (!handlers.has(who)) {
      handlers.set(who, Far(`handler ${who}`, {
        wake(time) {
          D(devices.bridge).callOutbound(`${name}.${who} ${time}`);
        },
      }));
    }
    return handlers.get(who);
  };
  const timer = () => D(devices.timer);

  return Far('sleeper', {
    bootstrap(vats, nodes) {
      devices = nodes;
      others = vats;
      return Promise.all(Object.values(vats).map(vat => E(vat).meet(vats, nodes)));
    },
    meet(vats, nodes) {
      devices = nodes;
      others = vats;
    },
    now: () => timer().getLastPolled(),
    at: (time, who) => timer().setWakeup(BigInt(time), handlerOf(who)),
    in: (delay, who) => timer().setWakeup(timer().getLastPolled() + BigInt(delay), handlerOf(who)),
    every(start, interval, who) {
      const number = timer().makeRepeater(BigInt(start), BigInt(interval));
      return [number, timer().schedule(number, handlerOf(who))];
    },
    /** From now on. */
    often(delay, interval, who) {
      const number = timer().makeRepeater(timer().getLastPolled() + BigInt(delay), interval);
      return timer().schedule(number, handlerOf(who));
    },
    schedule: (number, who) => timer().schedule(number, handlerOf(who)),
    stop: number => timer().deleteRepeater(number),
    drop: who => timer().removeWakeup(handlerOf(who)),
    handler: who => handlerOf(who),
    forget: who => handlers.delete(who),
    /** Wake somebody else's handler. */
    async wakeOther(other, delay, who) {
      const handler = await E(others[other]).handler(who);
      return timer().setWakeup(timer().getLastPolled() + BigInt(delay), handler);
    },
    dropOther: async (other, who) => timer().removeWakeup(await E(others[other]).handler(who)),
    /** Ask again from the wake. */
    chase(who) {
      const again = Far('chaser', {
        wake(time) {
          D(devices.bridge).callOutbound(`${name}.${who} ${time}`);
          timer().setWakeup(0n, again);
        },
      });
      return timer().setWakeup(0n, again);
    },
    /** Any call of the timer, with these arguments. */
    raw(method, ...args) {
      return timer()[method](...args);
    },
    withPromise: () => timer().setWakeup(5n, new Promise(() => {})),
    /** For ever, each of two in its turn. */
    pingPong(other) {
      E.sendOnly(others[other]).pingPong(name);
    },
    /** What comes in by the bridge asks to be woken. */
    register: () => D(devices.bridge).registerInboundHandler(Far('gate', {
      inbound: (what, delay) => timer().setWakeup(timer().getLastPolled() + BigInt(delay),
                                                  handlerOf(what)),
    })),
    unregister: () => D(devices.bridge).unregisterInboundHandler(),
    exit: () => exitVat('slept enough'),
  });
}
