/* A ledger of unspent transaction outputs, kept in the heap.
 *
 * apply(tx) takes one decoded transaction:
 *     { txid, time, in: ["<txid>:<index>", …], out: [[sats, owner], …] }
 * An input names the output that it spends. Outputs made by transactions this ledger never saw are
 * outside its history: they are counted as external and change no balance.
 *
 * Nothing is written to the vat's store on purpose: after a restart all of this exists only if the
 * heap was rebuilt or restored exactly. All sums stay below 2^53, so plain numbers are exact.
 */

const TXID = /^[0-9a-f]{64}$/;
const OUTPOINT = /^[0-9a-f]{64}:(0|[1-9][0-9]*)$/;

const requireText = (what, value) => {
  if (typeof value !== 'string' || value === '') {
    throw TypeError(`ledger: ${what} must be a text that is not empty`);
  }
};

/** Throws before anything is changed, so that a refused transaction leaves no trace. */
const checkTransaction = tx => {
  if (tx === null || typeof tx !== 'object') {
    throw TypeError('ledger: apply needs a transaction');
  }
  if (typeof tx.txid !== 'string' || !TXID.test(tx.txid)) {
    throw TypeError('ledger: txid must be 64 hex digits');
  }
  if (!Array.isArray(tx.in) || !Array.isArray(tx.out)) {
    throw TypeError('ledger: a transaction needs the lists "in" and "out"');
  }
  for (const outpoint of tx.in) {
    if (typeof outpoint !== 'string' || !OUTPOINT.test(outpoint)) {
      throw TypeError(`ledger: not an outpoint: ${String(outpoint)}`);
    }
  }
  for (const output of tx.out) {
    if (!Array.isArray(output) || !Number.isSafeInteger(output[0]) || output[0] < 0) {
      throw TypeError('ledger: an output is [sats, owner] with sats a whole number');
    }
    requireText('the owner of an output', output[1]);
  }
};

/** Most sats first; equal balances in the order of the owners' names. */
const compareAccounts = ([ownerA, a], [ownerB, b]) => {
  if (a.sats !== b.sats) return a.sats > b.sats ? -1 : 1;
  return ownerA < ownerB ? -1 : 1;
};

export function buildRootObject(_vatPowers, vatParameters) {
  const { top = 5 } = vatParameters;
  const unspent = new Map(); // outpoint → { sats, owner }
  const accounts = new Map(); // owner → { sats, outputs }, while it has an unspent output
  let messages = 0;
  let created = 0;
  let spentInternal = 0;
  let spentExternal = 0;

  const credit = (owner, sats) => {
    const account = accounts.get(owner);
    if (account === undefined) {
      accounts.set(owner, { sats, outputs: 1 });
    } else {
      account.sats += sats;
      account.outputs += 1;
    }
  };

  const debit = (owner, sats) => {
    const account = accounts.get(owner);
    account.sats -= sats;
    account.outputs -= 1;
    if (account.outputs === 0) accounts.delete(owner);
  };

  const spend = outpoint => {
    const output = unspent.get(outpoint);
    if (output === undefined) {
      spentExternal += 1;
      return;
    }
    unspent.delete(outpoint);
    debit(output.owner, output.sats);
    spentInternal += 1;
  };

  return Far('ledger', {
    apply(tx) {
      checkTransaction(tx);
      if (tx.out.some((_, index) => unspent.has(`${tx.txid}:${index}`))) {
        throw Error(`ledger: transaction ${tx.txid} was applied before`);
      }
      tx.in.forEach(spend);
      tx.out.forEach(([sats, owner], index) => {
        unspent.set(`${tx.txid}:${index}`, { sats, owner });
        credit(owner, sats);
        created += 1;
      });
      messages += 1;
      return harden({ unspent: unspent.size });
    },

    balance(owner) {
      requireText('the owner', owner);
      const account = accounts.get(owner);
      return account === undefined ? 0 : account.sats;
    },

    report() {
      const richest = [...accounts].sort(compareAccounts).slice(0, top);
      return harden({
        messages,
        created,
        spent_internal: spentInternal,
        spent_external: spentExternal,
        unspent: unspent.size,
        unspent_sats: [...accounts.values()].reduce((sum, { sats }) => sum + sats, 0),
        owners: accounts.size,
        top: richest.map(([owner, { sats }]) => [owner, sats]),
      });
    },
  });
}
