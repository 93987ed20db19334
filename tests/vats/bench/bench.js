/* The benchmark's vat: a heap whose size does not depend on how long it has run.
 *
 * transfer(from, to, amount) moves between a fixed number of accounts, so that a chain of 100,000
 * messages leaves a heap as large as one of 1,000 does. `ballast` mebibytes are filled at the start
 * and then only kept, for measuring how restart depends on the size of the heap.
 */

const MIB = 1024 * 1024;
const PAGE_WORDS = 1024; // a heap page of 4 KiB

/** Words without zeros, each page different from every other, without randomness. */
export const makeBallast = mebibytes => {
  const words = new Uint32Array((mebibytes * MIB) / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < Math.min(PAGE_WORDS, words.length); i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    words[i] = state;
  }
  for (let done = PAGE_WORDS; done < words.length; done *= 2) words.copyWithin(done, 0, done);
  for (let page = 0; page * PAGE_WORDS < words.length; page += 1) words[page * PAGE_WORDS] = page;
  return words;
};

export function buildRootObject(_vatPowers, vatParameters) {
  const { accounts = 1000, ballast = 0 } = vatParameters;
  const balances = new Map();
  for (let i = 0; i < accounts; i += 1) balances.set(`account${i}`, 1000000);
  const kept = makeBallast(ballast);
  let transfers = 0;

  return Far('bench', {
    transfer(from, to, amount) {
      const before = balances.get(from);
      if (before === undefined || !balances.has(to)) throw RangeError('bench: no such account');
      balances.set(from, before - amount);
      balances.set(to, balances.get(to) + amount);
      transfers += 1;
      return transfers;
    },
    total() {
      return harden({
        transfers,
        ballast: kept.length * 4,
        sum: [...balances.values()].reduce((sum, balance) => sum + balance, 0),
      });
    },
  });
}
