/* A vat that takes what comes in by the bridge, and says so on the way out. */
export function buildRootObject({ D, exitVat }, { name }) {
  let bridge;
  let release;

  const handler = Far('porter', {
    inbound(what, ...more) {
      D(bridge).callOutbound(`${name} got ${what}`);
      if (what === 'bad') throw RangeError('not at home');
      if (what === 'late') return new Promise(resolve => { release = resolve; });
      return [what, ...more];
    },
  });

  return Far('gate', {
    bootstrap(vats, devices) {
      return Promise.all(Object.values(vats).map(vat => E(vat).meet(devices)));
    },
    meet(devices) {
      ({ bridge } = devices);
    },
    register: () => D(bridge).registerInboundHandler(handler),
    unregister: () => D(bridge).unregisterInboundHandler(),
    raw(method, ...args) {
      return D(bridge)[method](...args);
    },
    go: value => release(value),
    exit: () => exitVat('done'),
  });
}
