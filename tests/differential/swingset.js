/* A program under SwingSet: local workers, the store in memory. A process of its own,
 * started by kernels.js with the bundles' cache file; it is sent specs, one at a time. */
import '@endo/init/debug.js';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import bundleSource from '@endo/bundle-source';
import { initSwingStore } from '@agoric/swing-store';
import { buildKernelBundles, initializeSwingset, makeSwingsetController } from
  '@agoric/swingset-vat';
import { vatExpression } from './sources.js';
import { fulfilledValue, rejectedValue } from './plain_json.js';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Bundling takes a minute, so it is done once. */
const loadBundles = async cacheFile => {
  if (fs.existsSync(cacheFile)) return JSON.parse(fs.readFileSync(cacheFile, 'utf8'));
  const bundles = {
    kernel: await buildKernelBundles(),
    vat: await bundleSource(path.join(here, 'adapter/vat.js')),
    device: await bundleSource(path.join(here, 'adapter/log_device.js')),
  };
  fs.writeFileSync(cacheFile, JSON.stringify(bundles));
  return bundles;
};

const configurationOf = (spec, bundles) => {
  const vats = {};
  const sources = Object.fromEntries(
    spec.bundles.map(([name, make]) => [name, vatExpression(name, make)]),
  );
  for (const [name, make] of spec.makers) {
    const source = vatExpression(name, make, sources);
    const parameters = spec.parameters[name] ?? {};
    vats[name] = { bundleName: 'vat', parameters: { source, parameters } };
  }
  const programs = Object.keys(sources).map(name => [name, { bundle: bundles.vat }]);
  return {
    bootstrap: 'boot',
    defaultManagerType: 'local',
    defaultReapInterval: spec.reapInterval,
    bundles: { vat: { bundle: bundles.vat }, ...Object.fromEntries(programs) },
    vats,
    devices: { bridge: { bundle: bundles.device } },
  };
};

const start = async (spec, bundles) => {
  const { kernelStorage } = initSwingStore();
  const options = { kernelBundles: bundles.kernel, addComms: false, addVattp: false,
    addTimer: false };
  await initializeSwingset(configurationOf(spec, bundles), [], kernelStorage, options);
  const runtime = { kernelBundle: bundles.kernel.kernel };
  const controller = await makeSwingsetController(kernelStorage, { bridge: {} }, runtime);
  // Ours keeps static vats' roots by itself.
  for (const [name] of spec.makers) controller.pinVatRoot(name);
  return { controller, kvStore: kernelStorage.kvStore };
};

const makeLogReader = ({ controller, kvStore }) => {
  const key = `${controller.deviceNameToID('bridge')}.deviceState`;
  let read = 0;
  return () => {
    const state = kvStore.get(key);
    const { lines = [] } = state === undefined ? {} : fulfilledValue(JSON.parse(state));
    return lines.slice(read, (read = lines.length));
  };
};

const resultOf = (controller, kpid) => {
  const status = controller.kpStatus(kpid);
  if (status === 'unresolved') return { status: 'pending', value: null };
  const data = controller.kpResolution(kpid);
  const value = status === 'fulfilled' ? fulfilledValue(data) : rejectedValue(data);
  return { status, value };
};

/** A call to a vat that ended, or to none, never comes to a promise. */
const queue = (controller, [vat, method, ...args]) => {
  try {
    return controller.queueToVatRoot(vat, method, args, 'ignore');
  } catch (problem) {
    return { status: 'rejected', value: { error: `${problem.message}` } };
  }
};

/** { calls: [[line…]…], results: [{ status, value }…], failed: words or undefined } */
const runSwingset = async (spec, bundles) => {
  const kernel = await start(spec, bundles);
  const { controller } = kernel;
  const newLines = makeLogReader(kernel);
  const calls = [];
  const asked = [];
  try {
    await controller.run();
    for (const call of spec.calls) {
      asked.push(queue(controller, call));
      await controller.run();
      calls.push(newLines());
    }
    const results = asked.map(kpid =>
      typeof kpid === 'string' ? resultOf(controller, kpid) : kpid,
    );
    return { calls, results, failed: undefined };
  } catch (problem) {
    return { calls, results: [], failed: `${problem.message}` };
  } finally {
    await controller.shutdown();
  }
};

const serve = bundles =>
  process.on('message', async spec => {
    try {
      process.send(await runSwingset(spec, bundles));
    } catch (problem) {
      process.send({ calls: [], results: [], failed: `${problem.message}` });
    }
  });

serve(await loadBundles(process.argv[2]));
process.send('ready');
