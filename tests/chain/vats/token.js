/* A token that stands for coins of the chain: who pays coins in holds as many tokens, tokens change
 * hands here, and who withdraws is paid from this vat's bank account. All balances are in the heap
 * alone. The first argument of each call is the caller, made by the chain's module. */

const requireAmount = amount => {
  if (!Number.isSafeInteger(amount) || amount <= 0) {
    throw TypeError(`token: not an amount: ${String(amount)}`);
  }
};

export function buildRootObject({ D }, { denom }) {
  const balances = new Map(); // address → tokens, while it has some
  let bridge;
  let worker;
  let moved = 0;

  const balanceOf = address => balances.get(address) ?? 0;

  const add = (address, amount) => {
    balances.set(address, balanceOf(address) + amount);
  };

  const take = (address, amount) => {
    requireAmount(amount);
    const left = balanceOf(address) - amount;
    if (left < 0) throw RangeError(`token: ${address} holds less than ${amount}`);
    if (left === 0) balances.delete(address);
    else balances.set(address, left);
  };

  return Far('token', {
    bootstrap(vats, devices) {
      bridge = devices.bridge;
      worker = vats.worker;
      E(vats.contracts).begin(E(vats.vatAdmin).createVatAdminService(devices.vatAdmin));
    },

    /** The call's funds become tokens of who brings them. */
    deposit({ from, funds = [] }) {
      const coin = funds.find(c => c.denom === denom);
      if (coin === undefined) throw TypeError(`token: brings no ${denom}`);
      const amount = Number(coin.amount);
      requireAmount(amount);
      add(from, amount);
      return balanceOf(from);
    },

    transfer({ from }, to, amount) {
      take(from, amount);
      add(to, amount);
      moved += 1;
      return balanceOf(from);
    },

    /** Tokens become coins again, paid by this vat's account. */
    withdraw({ from }, amount) {
      take(from, amount);
      D(bridge).callOutbound({
        type: 'bank.send',
        vat: 'token',
        to: from,
        amount: [{ denom, amount: String(amount) }],
      });
      return balanceOf(from);
    },

    /** Answers with `bytes` of text. */
    statement({ from }, bytes) {
      const line = `${from} holds ${balanceOf(from)} after ${moved} transfers. `;
      return line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
    },

    /** Has the worker do `turns` turns, one after the other: more than a block's end does at once. */
    async toil(_caller, turns) {
      let sum = 0;
      for (let turn = 0; turn < turns; turn += 1) sum = await E(worker).turn(turn);
      return sum;
    },

    /** Goes through all balances `times` times: a call that takes its time. */
    audit(_caller, times) {
      let sum = 0;
      for (let i = 0; i < times; i += 1) {
        for (const amount of balances.values()) sum = (sum * 31 + amount) % 2147483647;
      }
      return sum;
    },

    balance(_caller, address) {
      return balanceOf(address);
    },

    supply() {
      let sum = 0;
      for (const amount of balances.values()) sum += amount;
      return { holders: balances.size, sum, moved };
    },
  });
}
