// Keeps purses for the incarnation after it.
export function buildRootObject({ vatstore }, { version = 1, fails, forgets, first } = {}, baggage) {
  if (fails) throw Error('it does not start');
  const { makeKindHandle, defineDurableKind } = VatData;
  const provide = (key, make) => {
    if (!baggage.has(key)) baggage.init(key, make());
    return baggage.get(key);
  };

  /** All that a vat can hold of a durable object. */
  const partsOf = context => ({
    self: context.self, state: context.state, context, face: Object.getPrototypeOf(context.self),
    method: context.self.add,
    getter: Object.getOwnPropertyDescriptor(context.state, 'amount').get,
  });
  const marks = new WeakMap();
  const keptParts = [];

  const handle = provide('purseKind', () => makeKindHandle('purse'));
  const makePurse = forgets ? undefined : defineDurableKind(
    handle,
    (amount, friend) => ({ amount, friend }),
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
      mark: context => {
        for (const [name, part] of Object.entries(partsOf(context))) marks.set(part, name);
      },
      marks: context => Object.values(partsOf(context)).map(part => marks.get(part) ?? 'none'),
      keepPart: (context, name) => void keptParts.push(partsOf(context)[name]),
      isKept: (context, name) => keptParts.includes(partsOf(context)[name]),
      misuse: context => {
        const { self, state } = context;
        const { getter } = partsOf(context);
        const tries = [
          () => (0, self.amount)(), () => self.amount.call(context), () => self.amount.call(state),
          () => self.amount.call(handle), () => self.amount.call(Object.create(self)),
          () => self.amount.call(new Proxy(self, {})), () => getter(), () => getter.call(self),
          () => getter.call(Object.create(state)), () => Reflect.get(self, 'amount').apply(),
          () => self.amount.call(makeOther()), () => baggage.set('own', new Proxy(self, {})),
          () => baggage.set('own', Object.create(self)), () => (state.friend = new Proxy(self, {})),
        ];
        return tries.filter(go => {
          try {
            go();
            return true;
          } catch (problem) {
            return !(problem instanceof TypeError);
          }
        }).length;
      },
      lend: ({ state }) => {
        lent = state;
      },
    },
  );
  const other = provide('otherKind', () => makeKindHandle('other'));
  const makeOther = defineDurableKind(other, () => ({ amount: 1 }), { amount: () => 'other' });
  if (first !== undefined) baggage.init('first', makePurse(first));
  const seen = new WeakMap();
  let lent, lastNamed;
  const hoarded = [];

  return Far('shop', {
    version: () => version,
    purse: amount => makePurse(amount),
    /** So many that this heap alone has, each with a friend, and with one of its own. */
    hoard: (count, friend) => {
      for (let i = 0; i < count; i += 1) hoarded.push(makePurse(i, i % 2 === 0 ? friend : hoarded[i - 1]));
    },
    hoarded: i => hoarded[i],
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
    /** Names what is made for it in messages that the kernel refuses: how many it did. */
    overreach: async (friend, count) => {
      const refused = [];
      for (let i = 0; i < count; i += 1) {
        const ballast = String.fromCharCode(97 + (i % 26)).repeat(150_000);
        const thing = Far('thing', { size: () => ballast.length });
        lastNamed = makePurse(i);
        await E(friend).name(lastNamed, thing, Promise.resolve(ballast), 10n ** 4096n)
          .catch(problem => refused.push(problem));
      }
      return refused.length;
    },
    lastNamed: () => lastNamed,
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
