/* The vat that wraps a vatAdmin device: what others get of it are objects that can be handed on,
 * each for one vat or meter, none of which leads to the device.
 *
 *   root.createVatAdminService(device) → service, for the bootstrap vat, which has the device
 *   root.getCriticalVatKey() → who passes it as `critical` makes a vat that does not die
 *
 *   service.createVat(program, options) → { root, adminNode }, once the vat has started
 *      program   a bundle's hash, a bundle cap, or { source: text }
 *      options   { name, vatParameters, memory, reapInterval, critical, meter }
 *   service.createVatByName(name, options), .getBundleCap(hash), .getNamedBundleCap(name)
 *   service.createMeter(remaining, threshold), .createUnlimitedMeter()
 *
 *   adminNode.upgrade(program, { vatParameters, upgradeMessage }) → { incarnationNumber }
 *   adminNode.terminate(reason), .terminateWithFailure(reason), .changeOptions(options)
 *   adminNode.done() → what the vat exited with; rejected if it failed or was terminated
 *
 *   meter.get() → { remaining, threshold }, bigints: steps of the engine
 *   meter.addRemaining(steps), .setThreshold(steps)
 *   meter.notify() → remaining, as soon as less than the threshold is left
 *   meter.end(): nobody uses it anew; it goes with the last vat that has it
 */
const { stringify } = JSON;

const makeKit = () => {
  const kit = {};
  kit.promise = new Promise((resolve, reject) => {
    kit.resolve = resolve;
    kit.reject = reject;
  });
  kit.promise.catch(() => {}); // nobody need look at it
  return kit;
};

const onlyKeys = (what, options, known) => {
  for (const key of Reflect.ownKeys(options)) {
    if (!known.includes(key)) throw TypeError(`${what} has no option "${String(key)}"`);
  }
};

const checkReapInterval = value => {
  if (value === undefined || value === 'never') return;
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw TypeError('reapInterval must be a number or "never"');
  }
};

const asCount = value => {
  const count = BigInt(value);
  if (count < 0n) throw RangeError('it cannot be less than nothing');
  return `${count}`;
};

const asNumber = value => (value === undefined ? undefined : Number(value));

export function buildRootObject({ D }) {
  let device;
  const starting = new Map(); // vatID → kit of the vat's creation
  const running = new Map(); // vatID → kit of its end
  const upgrades = new Map(); // upgradeID → kit
  const meters = new Map(); // meterID → kit of the next notification
  const meterIDs = new Map(); // meter → meterID; undefined: unlimited
  const bundles = new Map(); // bundle cap → hash
  const caps = new Map(); // the other way round
  const criticalVatKey = Far('criticalVatKey', {});

  const take = (map, key) => {
    const kit = map.get(key);
    map.delete(key);
    return kit;
  };

  // What the kernel tells. Nobody but the device has a reference to it.
  const handler = Far('vatAdminHandler', {
    created: (vatID, root) => take(starting, vatID)?.resolve(root),
    notCreated: (vatID, problem) => {
      take(starting, vatID)?.reject(Error(`the vat was not created: ${problem.message}`));
      take(running, vatID)?.reject(problem);
    },
    upgraded: (upgradeID, incarnationNumber) =>
      take(upgrades, upgradeID)?.resolve(harden({ incarnationNumber })),
    notUpgraded: (upgradeID, problem) =>
      take(upgrades, upgradeID)?.reject(Error(`the vat was not upgraded: ${problem.message}`)),
    ended: (vatID, failed, value) => {
      const kit = take(running, vatID);
      if (failed) kit?.reject(value);
      else kit?.resolve(value);
    },
    meterCrossed: (meterID, remaining) => {
      if (!meters.has(meterID)) return; // it was ended meanwhile
      take(meters, meterID).resolve(remaining);
      meters.set(meterID, makeKit());
    },
  });

  /** { bundle: hash } or { source: text }. */
  const programOf = program => {
    if (typeof program === 'string') return { bundle: program };
    const hash = bundles.get(program);
    if (hash !== undefined) return { bundle: hash };
    const { source, moduleFormat } = program;
    if (typeof source !== 'string' || source === '') {
      throw TypeError('a program is a bundle or { source }');
    }
    if (moduleFormat !== undefined && moduleFormat !== 'module') {
      throw TypeError(`lite vats are ES modules, not ${moduleFormat}`);
    }
    return { source };
  };

  const bundleCap = hash => {
    if (!caps.has(hash)) {
      const cap = Far('bundle', { getBundleID: () => hash });
      caps.set(hash, cap);
      bundles.set(cap, hash);
    }
    return caps.get(hash);
  };

  const makeAdminNode = vatID => {
    const end = running.get(vatID).promise;
    const terminate = reason => D(device).terminate(vatID, reason);
    return Far('adminNode', {
      done: () => end,
      terminate,
      terminateWithFailure: terminate,
      upgrade: (program, options = {}) => {
        onlyKeys('an upgrade', options, ['vatParameters', 'upgradeMessage']);
        const { vatParameters, upgradeMessage = 'vat upgraded' } = options;
        if (typeof upgradeMessage !== 'string') throw TypeError('upgradeMessage must be a string');
        const details = stringify({ ...programOf(program), message: upgradeMessage });
        const upgradeID = D(device).upgrade(vatID, details, vatParameters);
        const kit = makeKit();
        upgrades.set(upgradeID, kit);
        return kit.promise;
      },
      changeOptions: options => {
        onlyKeys('a vat that runs', options, ['memory', 'reapInterval']);
        const { memory, reapInterval } = options;
        checkReapInterval(reapInterval);
        const interval = reapInterval === 'never' ? 'never' : asNumber(reapInterval);
        D(device).changeOptions(
          vatID, stringify({ memory: asNumber(memory), reapInterval: interval }));
      },
    });
  };

  const isCritical = key => {
    if (key === undefined || key === false) return false;
    if (key !== criticalVatKey) throw TypeError('that is not the critical vat key');
    return true;
  };

  const meterOf = meter => {
    if (meter === undefined) return undefined;
    if (!meterIDs.has(meter)) throw TypeError('that is no meter of this service');
    return meterIDs.get(meter);
  };

  const createVat = (program, options = {}) => {
    onlyKeys('a vat', options,
      ['name', 'vatParameters', 'memory', 'reapInterval', 'critical', 'meter']);
    const { name, vatParameters, memory, reapInterval, critical, meter } = options;
    if (name !== undefined && !/^[A-Za-z0-9._-]{1,199}$/.test(name)) {
      throw TypeError('a vat is named by letters, digits, ".", "_" and "-"');
    }
    checkReapInterval(reapInterval);
    const details = stringify({
      ...programOf(program),
      name,
      memory: asNumber(memory),
      reapInterval: reapInterval === 'never' ? 'never' : asNumber(reapInterval),
      critical: isCritical(critical) ? true : undefined,
      meter: meterOf(meter),
    });
    const vatID = D(device).create(details, vatParameters);
    const kit = makeKit();
    starting.set(vatID, kit);
    running.set(vatID, makeKit());
    const adminNode = makeAdminNode(vatID);
    return kit.promise.then(root => harden({ root, adminNode }));
  };

  const createMeter = (remaining, threshold) => {
    const meterID = D(device).createMeter(asCount(remaining), asCount(threshold));
    meters.set(meterID, makeKit());
    const meter = Far('meter', {
      get: () => {
        const [left, least] = D(device).meter(meterID);
        return harden({ remaining: left, threshold: least });
      },
      addRemaining: steps => D(device).addRemaining(meterID, asCount(steps)),
      setThreshold: steps => D(device).setThreshold(meterID, asCount(steps)),
      notify: () => {
        if (!meters.has(meterID)) throw Error('the meter has ended');
        return meters.get(meterID).promise;
      },
      end: () => {
        D(device).endMeter(meterID);
        meterIDs.delete(meter);
        take(meters, meterID)?.reject(Error('the meter has ended'));
      },
    });
    meterIDs.set(meter, meterID);
    return meter;
  };

  const createUnlimitedMeter = () => {
    const meter = Far('meter', {
      get: () => harden({ remaining: 'unlimited', threshold: 0n }),
      addRemaining: () => {},
      setThreshold: () => {},
      notify: () => new Promise(() => {}),
      end: () => {
        meterIDs.delete(meter);
      },
    });
    meterIDs.set(meter, undefined);
    return meter;
  };

  const getBundleCap = hash => {
    if (!D(device).hasBundle(hash)) throw Error(`no bundle ${hash} is installed`);
    return bundleCap(hash);
  };

  const getNamedBundleCap = name => {
    const hash = D(device).bundleNamed(name);
    if (hash === undefined) throw Error(`no bundle is named "${name}"`);
    return bundleCap(hash);
  };

  const service = Far('vatAdminService', {
    createVat,
    createVatByName: (name, options) => createVat(getNamedBundleCap(name), options),
    getBundleCap,
    getNamedBundleCap,
    createMeter,
    createUnlimitedMeter,
  });

  return Far('vatAdmin', {
    createVatAdminService: node => {
      D(node).registerHandler(handler); // throws for anybody without the device
      device = node;
      return service;
    },
    getCriticalVatKey: () => criticalVatKey,
  });
}
