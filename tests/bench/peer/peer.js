/* SwingSet as a chain would run it: peer.js FOLDER CACHE SOURCE NAME. Its store is SQLite in FOLDER,
 * its worker the fastest that it has, one in the same process; CACHE is a folder that keeps its
 * bundles, SOURCE an ES module that is vat NAME.
 *
 * A line on stdin is a block, a JSON list of {"to","method","args"}; each is executed to its end, the
 * block is committed, and `ok` is the answer; or what is wrong, in one line. `ready` comes first. */
import '@endo/init';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import bundleSource from '@endo/bundle-source';
import { initSwingStore } from '@agoric/swing-store';
import { buildKernelBundles, initializeSwingset, makeSwingsetController } from
  '@agoric/swingset-vat';

const here = path.dirname(fileURLToPath(import.meta.url));
const [folder, cache, sourceFile, vatName] = process.argv.slice(2);

/** Bundles are good for one lock file and adapter. */
const bundlesName = () => {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'vat.js']) {
    hash.update(fs.readFileSync(path.join(here, file)));
  }
  return path.join(cache, `bundles-${hash.digest('hex').slice(0, 16)}.json`);
};

/** Bundling takes a minute, so it is done once. */
const loadBundles = async () => {
  const bundlesFile = bundlesName();
  if (fs.existsSync(bundlesFile)) return JSON.parse(fs.readFileSync(bundlesFile, 'utf8'));
  const bundles = {
    kernel: await buildKernelBundles(),
    vat: await bundleSource(path.join(here, 'vat.js')),
  };
  fs.mkdirSync(cache, { recursive: true });
  fs.writeFileSync(`${bundlesFile}.new`, JSON.stringify(bundles));
  fs.renameSync(`${bundlesFile}.new`, bundlesFile);
  return bundles;
};

/** An expression whose value is buildRootObject. */
const expression = () => {
  const text = fs.readFileSync(sourceFile, 'utf8').replace(/^export /gm, '');
  return `(() => { ${text}\nreturn buildRootObject; })()`;
};

const configurationOf = bundles => ({
  defaultManagerType: 'local',
  defaultReapInterval: 200, // as ours
  bundles: { vat: { bundle: bundles.vat } },
  vats: {
    [vatName]: { bundleName: 'vat', parameters: { source: expression(), parameters: {} } },
  },
});

const start = async () => {
  const bundles = await loadBundles();
  const { kernelStorage, hostStorage } = initSwingStore(folder);
  const options = { kernelBundles: bundles.kernel, addComms: false, addVattp: false,
    addTimer: false };
  await initializeSwingset(configurationOf(bundles), [], kernelStorage, options);
  const runtime = { kernelBundle: bundles.kernel.kernel };
  const controller = await makeSwingsetController(kernelStorage, {}, runtime);
  controller.pinVatRoot(vatName);
  await controller.run();
  await hostStorage.commit();
  return { controller, hostStorage };
};

const executeBlock = async ({ controller, hostStorage }, messages) => {
  for (const { to, method, args } of messages) {
    const kpid = controller.queueToVatRoot(to, method, args, 'ignore');
    await controller.run();
    if (controller.kpStatus(kpid) !== 'fulfilled') throw Error(`${method} was not fulfilled`);
  }
  await hostStorage.commit();
};

const tell = line => process.stdout.write(`${line}\n`);

const main = async () => {
  const kernel = await start();
  tell('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    await executeBlock(kernel, JSON.parse(line));
    tell('ok');
  }
  await kernel.controller.shutdown();
};

main().catch(problem => {
  tell(`${problem.message}`.replace(/\s+/g, ' '));
  process.exitCode = 1;
});
