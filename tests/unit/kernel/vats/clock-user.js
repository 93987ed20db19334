/* A vat that uses the timer service; what it hears goes out through the bridge. */
export function buildRootObject({ D }) {
  const tokens = new Map();
  let service;
  let bridge;
  let repeater;

  const tokenOf = name => {
    if (name === undefined || name === null) return undefined;
    if (!tokens.has(name)) tokens.set(name, Far(name));
    return tokens.get(name);
  };
  const say = text => void D(bridge).callOutbound(text);
  const handlerOf = (name, fails) => Far(name, {
    wake(time) {
      say(`${name} ${time}`);
      if (fails) throw Error('no more');
    },
  });

  return Far('user', {
    async bootstrap(vats, devices) {
      ({ bridge } = devices);
      service = await E(vats.timer).createTimerService(devices.timer);
    },
    now: () => E(service).getCurrentTimestamp(),
    at: (time, name, token) => E(service).setWakeup(time, handlerOf(name), tokenOf(token)),
    async many(count, time, name) {
      const handler = handlerOf(name);
      for (let i = 0; i < count; i += 1) E(service).setWakeup(time, handler);
    },
    delay(seconds, name, token) {
      E(service).delay(seconds, tokenOf(token)).then(
        time => say(`${name} ${time}`),
        reason => say(`${name} ${reason.message}`),
      );
    },
    wakeAt: time => E(service).wakeAt(time),
    every: (delay, interval, name, token, fails) =>
      E(service).repeatAfter(delay, interval, handlerOf(name, fails), tokenOf(token)),
    cancel: token => E(service).cancel(tokenOf(token)),
    async makeRepeater(delay, interval, ...names) {
      repeater = await E(service).makeRepeater(delay, interval);
      return Promise.all(names.map(name => E(repeater).schedule(handlerOf(name))));
    },
    disable: () => E(repeater).disable(),
    schedule: name => E(repeater).schedule(handlerOf(name)),
  });
}
