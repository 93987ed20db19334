// Keeps purses for the incarnation after it.
export function buildRootObject({ vatstore }, { version = 1, fails, forgets, first } = {}, baggage) {
  if (fails) throw Error('it does not start');
  const { makeKindHandle, defineDurableKind } = VatData;
  const provide = (key, make) => {
    if (!baggage.has(key)) baggage.init(key, make());
    return baggage.get(key);
  };

  const handle = provide('purseKind', () => makeKindHandle('purse'));
  const makePurse = forgets ? undefined : defineDurableKind(
    handle,
    amount => ({ amount, friend: undefined }),
    {
      amount: ({ state }) => state.amount,
      add: ({ state }, more) => {
        state.amount += more;
        return `${version}: ${state.amount}`;
      },
      befriend: ({ state }, friend) => {
        state.friend = friend;
      },
      ask: ({ state }) => E(state.friend).name(),
      self: ({ self }) => self,
      lend: ({ state }) => {
        lent = state;
      },
    },
  );
  if (first !== undefined) baggage.init('first', makePurse(first));
  const seen = new WeakMap();
  let lent;

  return Far('shop', {
    version: () => version,
    purse: amount => makePurse(amount),
    /** One that holds the next, and so on. */
    row: length => {
      let purse = makePurse(0);
      for (let i = 1; i < length; i += 1) {
        const next = makePurse(i);
        E(next).befriend(purse);
        purse = next;
      }
      return purse;
    },
    lentAmount: () => lent.amount,
    giveBack: () => {
      lent = undefined;
    },
    keep: (key, value) => (baggage.has(key) ? baggage.set(key, value) : baggage.init(key, value)),
    kept: key => baggage.get(key),
    unkeep: key => baggage.delete(key),
    keys: () => [...baggage.keys()],
    name: key => E(baggage.get(key)).name(),
    amount: key => E(baggage.get(key)).amount(),
    see: purse => {
      seen.set(purse, 'seen');
    },
    saw: purse => seen.get(purse) ?? 'not seen',
    transient: () => Far('transient', { name: () => `of ${version}` }),
    keepTransient: () => baggage.init('transient', Far('transient')),
    keepPromise: () => baggage.init('promise', Promise.resolve(1)),
    never: () => new Promise(() => {}),
    store: (key, value) => vatstore.set(key, value),
    storeKeys: () => {
      const keys = [];
      for (let at = vatstore.getNextKey(''); at !== undefined; at = vatstore.getNextKey(at)) {
        keys.push(at);
      }
      return keys;
    },
  });
}
