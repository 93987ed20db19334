/* What two kernels observed, as lines; where they part; which of that is known. */
import fs from 'node:fs';

/** Each call and what came of it, then what the vats logged meanwhile. */
const linesOf = (spec, { calls, results, failed }) => {
  const lines = spec.calls.flatMap(([vat, method], i) => {
    const { status, value } = results[i] ?? { status: 'nothing', value: null };
    const result = `${i + 1} ${vat}.${method} ${status} ${JSON.stringify(value)}`;
    return [result, ...(calls[i] ?? []).map(line => `${i + 1} ${line}`)];
  });
  return failed === undefined ? lines : [`failed: ${failed}`];
};

/** Length of the longest common subsequence of ours from i on and theirs from j on. */
const commonLengths = (ours, theirs) => {
  const lengths = Array.from({ length: ours.length + 1 }, () => Array(theirs.length + 1).fill(0));
  for (let i = ours.length - 1; i >= 0; i -= 1) {
    for (let j = theirs.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = ours[i] === theirs[j]
        ? lengths[i + 1][j + 1] + 1
        : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
};

/** Pairs of lines that stand in each other's place; '' for no line. */
const pairs = (ours, theirs) => {
  const lengths = commonLengths(ours, theirs);
  const found = [];
  let mine = [];
  let other = [];
  const close = () => {
    for (let n = 0; n < Math.max(mine.length, other.length); n += 1) {
      found.push({ ours: mine[n] ?? '', theirs: other[n] ?? '' });
    }
    [mine, other] = [[], []];
  };
  for (let [i, j] = [0, 0]; i < ours.length || j < theirs.length; ) {
    if (i < ours.length && j < theirs.length && ours[i] === theirs[j]) {
      close();
      [i, j] = [i + 1, j + 1];
    } else if (j === theirs.length || (i < ours.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      mine.push(ours[i++]);
    } else {
      other.push(theirs[j++]);
    }
  }
  close();
  return found;
};

export const compare = (spec, { ours, theirs }) =>
  pairs(linesOf(spec, ours), linesOf(spec, theirs));

export const lineCount = (spec, { theirs }) => linesOf(spec, theirs).length;

/* A row of docs/differences.md: | program | `ours` | `SwingSet's` |, under a heading that says why.
 * A bar inside a line is written \|. */
const cells = row => row.split(/(?<!\\)\|/).slice(1, -1).map(cell => cell.trim());
const plain = cell => cell.replace(/^`|`$/g, '').replace(/\\\|/g, '|');

export const readKnown = file =>
  fs.readFileSync(file, 'utf8').split('\n')
    .filter(line => /^\| [a-z0-9_]+ \|/.test(line) && !line.startsWith('| program'))
    .map(line => {
      const [program, ours, theirs] = cells(line);
      return { program, ours: plain(ours), theirs: plain(theirs) };
    });

const isSame = (known, { ours, theirs }) => known.ours === ours && known.theirs === theirs;

/** { news: differences that no row names, gone: rows that name none, known: rows that do } */
export const judge = (program, found, rows) => {
  const mine = rows.filter(row => row.program === program);
  return {
    news: found.filter(pair => !mine.some(row => isSame(row, pair))),
    gone: mine.filter(row => !found.some(pair => isSame(row, pair))),
    known: mine.filter(row => found.some(pair => isSame(row, pair))),
  };
};
