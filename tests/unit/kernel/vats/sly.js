// Has others read what takes more time than its length says.
export function buildRootObject() {
  const kits = [];
  let others;

  /* Names whose hash is one: each two characters add the same to it, whatever their digit is. */
  const nameOf = number => {
    let name = '';
    for (let i = number, place = 0; place < 5; place += 1) {
      const digit = i % 7;
      name += String.fromCharCode(0x100 + digit, 0x100 + 263 * (6 - digit));
      i = (i - digit) / 7;
    }
    return name;
  };
  const names = (from, count) => Array.from({ length: count }, (_, i) => nameOf(from + i));
  const makes = {
    bigint: (_, bits) => (1n << BigInt(bits)) - 1n,
    record: (i, count) => Object.fromEntries(names(i * count, count).map(name => [name, 0])),
    escaped: (i, count) => Object.fromEntries(names(i * count, count).map(name => [`!${name}`, 0])),
    symbols: (i, count) => names(i * count, count).map(name => Symbol.for(name)),
    texts: (i, count) => names(i * count, count),
    alike: (_, count) => Array.from({ length: count }, () => makes.record(0, 60)),
  };

  const self = Far('sly', {
    bootstrap(vats) {
      others = vats;
    },
    give: (kind, count) => E(others.reader).all(makes[kind](0, count)).then(() => 'taken'),
    all: () => kits.map(({ promise }) => promise),
    settle(i, kind, count) {
      kits[i].resolve(harden(makes[kind](i, count)));
    },
    /** The reader asks for promises, which are settled one by one before it hears of any. */
    attack(promises, kind, count) {
      kits.length = 0;
      for (let i = 0; i < promises; i += 1) kits.push(Promise.withResolvers());
      const answer = E(others.reader).askOf(self, 'all');
      for (let i = 0; i < promises; i += 1) {
        E.sendOnly(others.reader).askOf(self, 'settle', i, kind, count);
      }
      return answer.then(values => values.length);
    },
  });
  return self;
}
