/* The same programs under headstart and under SwingSet, their observations compared line by line.
 * See scripts/differential for the command line. */
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, judge, readKnown } from './differences.js';
import { startKernels } from './kernels.js';
import { programOf, randomCalls, shrink } from './random.js';
import { specOf } from './sources.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    bin: { type: 'string', default: path.join(root, 'build/bin') },
    seed: {
      type: 'string',
      default: process.env.HEADSTART_TEST_SEED ?? `${randomInt(2 ** 32)}`,
    },
    programs: { type: 'string', default: '20' },
    rows: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const programNames = () => {
  const files = fs.readdirSync(path.join(here, 'programs')).sort();
  return files.map(file => path.basename(file, '.js'));
};

const tell = (kind, { ours, theirs }) => {
  const text = line => line || '(nothing)';
  console.log(`    ${kind}\n      ours   ${text(ours)}\n      theirs ${text(theirs)}`);
};

/** As docs/differences.md has it. */
const cell = line => (line === '' ? '' : `\`${line.replace(/\|/g, '\\|')}\``);
const row = (program, { ours, theirs }) => `| ${program} | ${cell(ours)} | ${cell(theirs)} |`;

const runProgram = async (kernels, name, known) => {
  const { program } = await import(`./programs/${name}.js`);
  const spec = specOf(program);
  const observed = await kernels.run(spec);
  const { found, reworded, lines } = compare(spec, observed, known.wordings);
  const { news, gone, known: named } = judge(name, found, known.lines);
  const verdict = news.length + gone.length > 0 ? 'DIFFERS' : 'equal';
  const number = (count, width) => `${count}`.padStart(width);
  console.log(`  ${name.padEnd(24)} ${number(lines, 5)} lines ${number(named, 3)} known ` +
    `${number(reworded, 3)} reworded  ${verdict}`);
  news.forEach(pair => tell('a difference that docs/differences.md does not name', pair));
  gone.forEach(pair => tell('a difference that docs/differences.md names is gone', pair));
  if (options.rows) news.forEach(pair => console.log(row(name, pair)));
  if (options.verbose) console.log(JSON.stringify(observed, null, 1));
  return news.length + gone.length === 0;
};

const SHRINKING_RUNS = 60; // each takes a second or two

const differencesOf = async (kernels, calls, wordings) => {
  const spec = specOf(programOf(calls));
  return compare(spec, await kernels.run(spec), wordings);
};

/** One random program; where it differs, the smallest that still does is told. */
const runRandom = async (kernels, number, wordings) => {
  const calls = randomCalls(options.seed, number);
  const { found, lines } = await differencesOf(kernels, calls, wordings);
  if (found.length === 0) return { lines, equal: true };
  const differs = async fewer =>
    (await differencesOf(kernels, fewer, wordings)).found.length > 0;
  const smallest = await shrink(calls, differs, SHRINKING_RUNS);
  console.log(`  random ${number} DIFFERS; the smallest part of it that does:\n` +
    `    ${JSON.stringify(smallest)}`);
  const still = await differencesOf(kernels, smallest, wordings);
  still.found.forEach(pair => tell('a difference', pair));
  return { lines, equal: false };
};

const runRandoms = async (kernels, count, wordings) => {
  let failed = 0;
  let lines = 0;
  for (let number = 1; number <= count; number += 1) {
    const result = await runRandom(kernels, number, wordings);
    lines += result.lines;
    failed += result.equal ? 0 : 1;
  }
  console.log(`  random, seed ${options.seed}: ${count} programs, ${lines} lines, ` +
    `${failed} differ`);
  return failed;
};

/** Where everything ran, a wording that nothing needed is none. */
const unusedWordings = wordings => {
  const unused = wordings.filter(wording => wording.used === 0);
  unused.forEach(pair => tell('a wording that docs/differences.md names was not met', pair));
  return unused.length;
};

const runNamed = async (kernels, names, known) => {
  let failed = 0;
  for (const name of names) failed += (await runProgram(kernels, name, known)) ? 0 : 1;
  return failed;
};

const main = async () => {
  if (!fs.existsSync(path.join(options.bin, 'headstart'))) {
    console.error(`differential: no headstart in ${options.bin}: scripts/build makes it in build/bin`);
    process.exitCode = 2;
    return;
  }
  const known = readKnown(path.join(root, 'docs/differences.md'));
  const kernels = await startKernels(options.bin, path.join(root, 'build/differential'));
  const all = wanted.length === 0;
  const names = all ? programNames() : wanted.filter(name => name !== 'random');
  const count = all || wanted.includes('random') ? Number(options.programs) : 0;
  let failed = await runNamed(kernels, names, known);
  if (count > 0) failed += await runRandoms(kernels, count, known.wordings);
  kernels.stop();
  if (all) failed += unusedWordings(known.wordings);
  console.log(`${names.length + count - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
};

await main();
