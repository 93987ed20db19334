/* Both kernels over one spec. SwingSet lives in a child: what it prints is kept apart, and our own
 * process needs no lockdown. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runHeadstart } from './headstart.js';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Bundles are good for one lock file and adapter. */
const bundlesFile = folder => {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'adapter/vat.js', 'adapter/log_device.js']) {
    hash.update(fs.readFileSync(path.join(here, file)));
  }
  return path.join(folder, `bundles-${hash.digest('hex').slice(0, 16)}.json`);
};

/** `folder`: for bundles and SwingSet's words. Answers run(spec) and stop(). */
export const startKernels = async (binaries, folder) => {
  fs.mkdirSync(folder, { recursive: true });
  const words = fs.openSync(path.join(folder, 'swingset.log'), 'w');
  const child = fork(path.join(here, 'swingset.js'), [bundlesFile(folder)], {
    stdio: ['ignore', words, words, 'ipc'],
  });
  const ended = new Promise((_, reject) => {
    child.once('exit', code => {
      reject(Error(`SwingSet's process ended with ${code}; see ${folder}/swingset.log`));
    });
  });
  ended.catch(() => {}); // it may end when we are done
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  await answer(); // it is ready
  const runSwingset = spec => {
    child.send(spec);
    return answer();
  };
  return {
    run: async spec => {
      const [ours, theirs] = await Promise.all([runHeadstart(spec, binaries), runSwingset(spec)]);
      return { ours, theirs };
    },
    stop: () => child.disconnect(),
  };
};
