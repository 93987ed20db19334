/* The same programs under headstart and under SwingSet, their observations compared line by line.
 * See scripts/differential for the command line. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, judge, lineCount, readKnown } from './differences.js';
import { startKernels } from './kernels.js';
import { specOf } from './sources.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    bin: { type: 'string', default: path.join(root, 'build/bin') },
    rows: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const programNames = () => {
  const files = fs.readdirSync(path.join(here, 'programs')).sort();
  return files.map(file => path.basename(file, '.js'));
};

const tell = (kind, { ours, theirs }) => {
  console.log(`    ${kind}\n      ours   ${ours || '(nothing)'}\n      theirs ${theirs || '(nothing)'}`);
};

/** As docs/differences.md has it. */
const cell = line => (line === '' ? '' : `\`${line.replace(/\|/g, '\\|')}\``);
const row = (program, { ours, theirs }) => `| ${program} | ${cell(ours)} | ${cell(theirs)} |`;

const runProgram = async (kernels, name, rows) => {
  const { program } = await import(`./programs/${name}.js`);
  const spec = specOf(program);
  const observed = await kernels.run(spec);
  const { news, gone, known } = judge(name, compare(spec, observed), rows);
  const lines = lineCount(spec, observed);
  const verdict = news.length + gone.length > 0 ? 'DIFFERS' : 'equal';
  console.log(`  ${name.padEnd(32)} ${`${lines}`.padStart(5)} lines ` +
    `${`${known.length}`.padStart(3)} known  ${verdict}`);
  news.forEach(pair => tell('a difference that docs/differences.md does not name', pair));
  gone.forEach(pair => tell('a difference that docs/differences.md names is gone', pair));
  if (options.rows) news.forEach(pair => console.log(row(name, pair)));
  if (options.verbose) console.log(JSON.stringify(observed, null, 1));
  return news.length + gone.length === 0;
};

const main = async () => {
  const names = wanted.length > 0 ? wanted : programNames();
  const rows = readKnown(path.join(root, 'docs/differences.md'));
  const kernels = await startKernels(options.bin, path.join(root, 'build/differential'));
  let passed = 0;
  for (const name of names) passed += await runProgram(kernels, name, rows);
  kernels.stop();
  console.log(`${passed} passed, ${names.length - passed} failed`);
  process.exitCode = passed === names.length ? 0 : 1;
};

await main();
