/* A program under our kernel: `headstart solo` on a store of its own. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { vatModule } from './sources.js';

const DEADLINE_MS = 300_000; // a hang, not slowness

const writeConfiguration = (folder, spec) => {
  const vats = {};
  for (const [name, make] of spec.makers) {
    fs.writeFileSync(path.join(folder, `${name}.js`), vatModule(name, make));
    vats[name] = { source: `${name}.js`, parameters: spec.parameters[name] ?? {} };
  }
  const bundles = {};
  for (const [name, make] of spec.bundles) {
    fs.writeFileSync(path.join(folder, `${name}.bundle.js`), vatModule(name, make));
    bundles[name] = { source: `${name}.bundle.js` };
  }
  const devices = { bridge: { type: 'bridge' } };
  if (spec.bundles.length > 0) {
    vats.vatAdmin = { builtin: 'vat_admin' };
    devices.vatAdmin = { type: 'vatAdmin' };
  }
  const file = path.join(folder, 'kernel.json');
  fs.writeFileSync(file, JSON.stringify({ bootstrap: 'boot', vats, devices, bundles }));
  return file;
};

const writeMessages = (folder, spec) => {
  const lines = spec.calls.map(([to, method, ...args]) =>
    JSON.stringify({ to, method, args }),
  );
  const file = path.join(folder, 'messages.jsonl');
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};

/** { code, said, answers }: what the program printed, however it ended. */
const solo = (folder, binaries, kernel, messages) => {
  const command = [
    'solo', '--json', '--data', path.join(folder, 'data'), '--kernel', kernel,
    '--messages', messages,
  ];
  const limits = { timeout: DEADLINE_MS, maxBuffer: 1 << 30 };
  return new Promise(resolve => {
    execFile(path.join(binaries, 'headstart'), command, limits, (problem, printed, said) => {
      const lines = printed.split('\n').filter(line => line.startsWith('{'));
      const code = problem ? (problem.code ?? problem.signal) : 0;
      resolve({ code, said, answers: lines.map(line => JSON.parse(line)) });
    });
  });
};

/** { calls: [[line…]…], results: [{ status, value }…], failed: words or undefined } */
export const runHeadstart = async (spec, binaries) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'differential-'));
  try {
    const kernel = writeConfiguration(folder, spec);
    const messages = writeMessages(folder, spec);
    const { answers, code, said } = await solo(folder, binaries, kernel, messages);
    const results = answers.map(({ status, value }) => ({ status, value }));
    for (const { settled = [] } of answers) {
      for (const [seqnum, status, value] of settled) {
        if (seqnum > 0) results[seqnum - 1] = { status, value };
      }
    }
    return {
      calls: answers.map(answer => answer.outputs),
      results,
      failed: code === 0 ? undefined : said.trim(),
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
};
