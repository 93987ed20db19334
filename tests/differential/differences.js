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

/** Our lines are compared as SwingSet would word them, */
const reword = (line, wordings) =>
  wordings.filter(({ ours }) => ours !== '').reduce((text, wording) => {
    const other = text.replace(wording.pattern, () => wording.theirs);
    if (other !== text) wording.used += 1;
    return other;
  }, line);

/** SwingSet's without what ours never say, and with … where a wording has it. */
const loosen = (line, wordings) =>
  wordings.reduce((text, wording) => {
    const { ours, theirs, theirPattern } = wording;
    if (ours !== '') {
      return theirs.includes('…') ? text.replace(theirPattern, () => theirs) : text;
    }
    const other = text.replace(theirPattern, '');
    if (other !== text) wording.used += 1;
    return other;
  }, line);

/* SwingSet's kernel falls where a vat ends by a failure that speaks of a promise that is new to
 * it: the crank that brought it is undone, and the reason is told all the same. */
const FALL = /^storage lacks required key "kp\d+\.refCount"$/;

/** Up to the call in which SwingSet's kernel fell by its known fault; else all of it. */
const untilFall = (spec, observed) => {
  const { ours, theirs } = observed;
  if (!FALL.test(theirs.failed ?? '')) return [spec, observed];
  const { length } = theirs.calls;
  const cut = ({ calls, failed }) => ({ calls: calls.slice(0, length), results: [], failed });
  return [
    { ...spec, calls: spec.calls.slice(0, length) },
    { ours: cut(ours), theirs: cut({ ...theirs, failed: undefined }) },
  ];
};

/** { found: pairs of lines, reworded: how many of ours were, lines: how many SwingSet gave } */
export const compare = (whole, seen, wordings) => {
  const [spec, observed] = untilFall(whole, seen);
  const ours = linesOf(spec, observed.ours);
  const theirs = linesOf(spec, observed.theirs).map(line => loosen(line, wordings));
  const mine = ours.map(line => reword(line, wordings));
  const reworded = mine.filter((line, i) => line !== ours[i]).length;
  return { found: pairs(mine, theirs), reworded, lines: theirs.length };
};

/* A row of docs/differences.md: | program | `ours` | `SwingSet's` |, under a heading that says why.
 * A bar inside a line is written \|. Where the program is `all`, the row tells of a part of any
 * line: what ours says where SwingSet says the other, or nothing where SwingSet adds to it; …
 * stands for any text up to the bracket or quote that ends an error's. */
const cells = row => row.split(/(?<!\\)\|/).slice(1, -1).map(cell => cell.trim());
const plain = cell => cell.replace(/^`|`$/g, '').replace(/\\\|/g, '|');

const pattern = text => {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/"/g, '\\\\?"');
  const end = text.includes('…') ? '(?=\\)|"\\})' : '(?!\\w)';
  return RegExp(escaped.replace(/…/g, '.*') + end, 'g');
};

/** { lines: the rows of single programs, wordings: those of all } */
export const readKnown = file => {
  const rows = fs.readFileSync(file, 'utf8').split('\n')
    .filter(line => /^\| [a-z0-9_]+ \|/.test(line) && !line.startsWith('| program'))
    .map(line => {
      const [program, ours, theirs] = cells(line);
      return { program, ours: plain(ours), theirs: plain(theirs) };
    });
  const wordings = rows.filter(({ program }) => program === 'all')
    .map(row => ({
      ...row, pattern: pattern(row.ours), theirPattern: pattern(row.theirs), used: 0,
    }));
  return { lines: rows.filter(({ program }) => program !== 'all'), wordings };
};

const isSame = (known, { ours, theirs }) => known.ours === ours && known.theirs === theirs;

/** { news: differences that no row names, gone: rows that name none, known: how many are named } */
export const judge = (program, found, rows) => {
  const mine = rows.filter(row => row.program === program);
  const news = found.filter(pair => !mine.some(row => isSame(row, pair)));
  const gone = mine.filter(row => !found.some(pair => isSame(row, pair)));
  return { news, gone, known: found.length - news.length };
};
