/* Makes vats of bundles that the configuration has, or that were installed while the chain ran; has
 * a timer wake it to call them; upgrades and ends them. What comes of all that goes out. */
import { makeJournal } from './journal.js';

export const buildRootObject = ({ D }) => {
  const made = new Map(); // name → { root, adminNode }
  const held = new Map();
  let note;
  let service;
  let criticalVatKey;
  let timer;

  const programOf = name => (name.length === 64 ? name : E(service).getNamedBundleCap(name));
  const told = problem => problem.message ?? problem;

  return Far('nursery', {
    bootstrap: async (vats, devices) => {
      note = makeJournal(text => D(devices.bridge).callOutbound(text));
      timer = devices.timer;
      service = await E(vats.vatAdmin).createVatAdminService(devices.vatAdmin);
      criticalVatKey = await E(vats.vatAdmin).getCriticalVatKey();
    },

    async create(name, program, { critical, ...options }) {
      const caps = critical ? { critical: criticalVatKey } : {};
      const kit = await E(service).createVat(await programOf(program), { ...options, ...caps });
      made.set(name, kit);
      E(kit.adminNode).done().then(
        value => note(name, 'is done', value), problem => note(name, 'failed', told(problem)));
      return name;
    },
    upgrade: async (name, program, options) =>
      E(made.get(name).adminNode).upgrade(await programOf(program), options),
    end: (name, reason) => E(made.get(name).adminNode).terminateWithFailure(reason),

    call: (name, method, ...args) => E(made.get(name).root)[method](...args),
    async hold(key, name, method, ...args) {
      held.set(key, await E(made.get(name).root)[method](...args));
    },
    use: (key, method, ...args) => E(held.get(key))[method](...args),
    letGo: key => held.delete(key),
    /** What becomes of a promise that it never settles goes out. */
    await(name) {
      E(made.get(name).root).never().catch(problem => note(name, 'promised', problem));
    },

    /** From now on, each time it is woken. */
    callEvery(seconds, name, method) {
      const handler = Far('waker', {
        wake: async time => {
          const answer = await E(made.get(name).root)[method]().catch(told);
          note(name, method, Number(time), answer);
        },
      });
      const number = D(timer).makeRepeater(D(timer).getLastPolled() + 1n, seconds);
      D(timer).schedule(number, handler);
      return Number(number);
    },
    stop: number => void D(timer).deleteRepeater(BigInt(number)),
  });
};
