/* A vat that does what the kernel's tests ask of it. */
const makeSized = (kind, n) => {
  switch (kind) {
    case 'bytes':
      return 'x'.repeat(n);
    case 'tokens':
      return Array(n).fill(1);
    case 'levels': {
      let value = [];
      for (let i = 1; i < n; i += 1) value = [value];
      return value;
    }
    default: // slots
      return Array.from({ length: n }, (_, i) => Far(`thing ${i}`));
  }
};

export function buildRootObject({ D, vatstore, exitVat, exitVatWithFailure }, parameters) {
  const notes = [];
  const kept = new Map();
  const things = { next: 0, kept: [], numbers: new WeakMap() };
  const held = [];
  let notice = new WeakMap();
  let others = {};
  let bridge;
  let release;
  let brim;

  const root = Far('worker', {
    // ---- getting to know each other ----
    bootstrap(vats, devices) {
      ({ bridge } = devices);
      others = vats;
      notes.push('bootstrap');
      return Promise.all(Object.values(vats).map(vat => E(vat).meet(vats, devices)));
    },
    meet(vats, devices) {
      ({ bridge } = devices);
      others = vats;
    },

    // ---- plain calls ----
    parameters() {
      return parameters;
    },
    echo(value) {
      return value;
    },
    all(...values) {
      return values;
    },
    nothing() {},
    fail(message) {
      throw RangeError(message);
    },
    failWith(value) {
      throw value;
    },
    big() {
      return [2n ** 70n, -5n, undefined, NaN, '!x', '-y', { '#odd': Far('thing') }];
    },
    note(text) {
      notes.push(text);
    },
    notes() {
      return [...notes];
    },
    grow(count) {
      for (let i = 0; i < count; i += 1) kept.set(`${kept.size}`, 'x'.repeat(100 + (i % 7)));
      return kept.size;
    },
    spin(rounds) {
      let x = 1;
      for (let i = 0; i < rounds; i += 1) x = (x * 48271) % 2147483647;
      return x;
    },
    forever() {
      for (;;);
    },
    /** For ever, each of two in its turn. */
    pingPong(next, me) {
      E.sendOnly(others[next]).pingPong(me, next);
    },
    again() {
      E(others[parameters.name]).again();
    },

    // ---- other vats ----
    ask(who, method, ...args) {
      return E(others[who])[method](...args);
    },
    askOf(whom, method, ...args) {
      return E(whom)[method](...args);
    },
    tell(who, method, ...args) {
      E.sendOnly(others[who])[method](...args);
    },
    async askTwice(who, method, ...args) {
      const first = await E(others[who])[method](...args);
      const second = await E(others[who])[method](...args);
      return [first, second];
    },
    /** Notes in which order the answers come. */
    async askMany(who, names) {
      const answers = names.map(name => E(others[who]).echo(name));
      await Promise.all(
        answers.map(answer =>
          answer.then(name => {
            notes.push(`got ${name}`);
          }),
        ),
      );
      return [...notes];
    },
    /** Messages to a promise that the other vat has not resolved yet. */
    async pipeline(who) {
      const box = E(others[who]).makeBox();
      const results = [E(box).put('a'), E(box).put('b'), E(E(box).self()).put('c')];
      await E(others[who]).openBox();
      return Promise.all(results);
    },
    makeBox() {
      const items = [];
      const box = Far('box', {
        put(item) {
          items.push(item);
          return [...items];
        },
        self() {
          return box;
        },
      });
      return new Promise(resolve => {
        release = () => resolve(box);
      });
    },
    openBox() {
      release();
    },
    /** Waits, queued at the promise, until the other vat opens its box. */
    putLater(who, item) {
      return E(E(others[who]).makeBox()).put(item);
    },
    /** More messages to a promise than one crank moves: what the last of them finds. */
    async pipelineMany(who, count) {
      const box = E(others[who]).makeBox();
      const results = Array.from({ length: count }, (_, i) => E(box).put(i));
      await E(others[who]).openBox();
      return (await Promise.all(results))[count - 1];
    },
    /** How many of so many promises that another vat decides are rejected in the end. */
    async hoard(who, count) {
      const waits = Array.from({ length: count }, () => E(others[who]).wait());
      const ends = await Promise.allSettled(waits);
      return ends.filter(end => end.status === 'rejected').length;
    },
    /** The sum of what an array of promises, all of them resolved before, comes to. */
    async sumMany(who, count) {
      const list = await E(others[who]).makeMany(count);
      return (await Promise.all(list)).reduce((sum, value) => sum + value, 0);
    },
    makeMany(count) {
      return Array.from({ length: count }, (_, i) => Promise.resolve(i));
    },
    /** A promise that is resolved to an array which holds a promise that was resolved before. */
    async nested(who) {
      const list = await E(others[who]).makeNested();
      return Promise.all(list);
    },
    makeNested() {
      return [Promise.resolve('inner'), 'outer'];
    },
    sendToData(who) {
      return E(E(others[who]).echo(7)).put('x');
    },

    // ---- objects that come and go ----
    makeThings(n) {
      return Array.from({ length: n }, () => {
        const thing = Far('thing', {});
        const number = things.next;
        things.next += 1;
        things.numbers.set(thing, number);
        if (number % 5 === 0) things.kept.push(thing);
        return thing;
      });
    },
    keptThings() {
      return [...things.kept];
    },
    loseThings() {
      things.kept.length = 0;
    },
    numberOf(thing) {
      return things.numbers.get(thing) ?? null;
    },
    /** Others' objects: all are noted in a WeakMap, every third is held, every fourth holds itself. */
    async fetch(who, n) {
      const found = await E(others[who]).makeThings(n);
      found.forEach((thing, i) => {
        notice.set(thing, i);
        if (i % 3 === 0) held.push(thing);
        if (i % 4 === 0) {
          const knot = { thing };
          knot.self = knot;
        }
      });
      return held.length;
    },
    weakNames() {
      const weak = new WeakMap([[root, 7]]);
      return [
        typeof WeakRef, typeof FinalizationRegistry, `${weak}`, `${new WeakSet()}`,
        weak.get(root) === 7 && weak.delete(root) && !weak.has(root),
      ];
    },
    letGo() {
      held.length = 0;
    },
    forgetNotice() {
      notice = new WeakMap();
    },
    /** What was noted under the objects that their maker still has. */
    async recall(who) {
      const found = await E(others[who]).keptThings();
      return found.map(thing => notice.get(thing) ?? null);
    },
    /** How many of those held their maker knows again. */
    async showHeld(who) {
      const numbers = await Promise.all(held.map(thing => E(others[who]).numberOf(thing)));
      return numbers.filter(number => number !== null).length;
    },

    // ---- waiting ----
    wait() {
      return new Promise(resolve => {
        release = resolve;
      });
    },
    go(value) {
      release(value);
    },

    // ---- the vat's store, the device, the end ----
    set(key, value) {
      vatstore.set(key, value);
    },
    get(key) {
      return vatstore.get(key);
    },
    remove(key) {
      vatstore.delete(key);
    },
    keys() {
      const keys = [];
      for (let key = vatstore.getNextKey(''); key !== undefined; key = vatstore.getNextKey(key)) {
        keys.push(key);
      }
      return keys;
    },
    setLong(bytes) {
      vatstore.set('before', 'seen');
      D(bridge).callOutbound('seen');
      vatstore.set('k'.repeat(bytes), 'never seen');
    },
    announce(...values) {
      for (const value of values) D(bridge).callOutbound(value);
    },
    /** `times` outputs, each by a crank of its own: two vats take turns. */
    announceInTurn(next, me, times, bytes) {
      D(bridge).callOutbound('o'.repeat(bytes));
      return times > 1 ? E(others[next]).announceInTurn(me, next, times - 1, bytes) : 'done';
    },
    announceMany(...values) {
      D(bridge).callOutbound(...values);
    },
    /** A text of `n` bytes, tokens, levels or slots, passed on in one of four ways. */
    async pass(by, kind, n) {
      const value = by === 'store' ? JSON.stringify(makeSized(kind, n)) : makeSized(kind, n);
      const ways = {
        store: () => vatstore.set('k', kind === 'bytes' ? value.slice(1, -1) : value),
        send: () => E(others.right).nothing(value),
        resolve: () => E(others.right).give(kind, n),
        callNow: () => D(bridge).callOutbound(value),
      };
      try {
        await ways[by]();
        return 'passed';
      } catch (problem) {
        return `${problem.message}`;
      }
    },
    give(kind, n) {
      return makeSized(kind, n);
    },
    callDevice(method) {
      return D(bridge)[method]();
    },
    exit(value) {
      exitVat(value);
      return 'bye';
    },
    exitThenFail(message) {
      exitVatWithFailure(Error('too early'));
      exitVat('calmly');
      exitVatWithFailure(Error(message));
    },
    failThenExit(value) {
      exitVatWithFailure(Error('too early'));
      exitVat(value);
      return 'bye';
    },
    /** In which order the calls fail that the other vat's end meets. */
    async watchEnd(who) {
      const other = others[who];
      const order = [];
      const calls = {
        waits: E(other).wait(),
        piped: E(E(other).wait()).put('x'),
        ends: E(other).exitFailing('no more'),
        late: E(other).echo(1),
      };
      const note = name => ({ message }) => order.push(`${name}: ${message}`);
      await Promise.all(Object.keys(calls).map(name => calls[name].catch(note(name))));
      return order;
    },
    /** All the memory that it may have, but for what fails it. */
    fillMemory() {
      for (;;) kept.set(kept.size, new Array(10000).fill(kept.size));
    },
    /** So much more that it has, until it is drained. */
    fill(bytes) {
      brim = { rest: brim, bytes: new ArrayBuffer(bytes) };
    },
    drain() {
      brim = undefined;
    },
    /** As much as its meter lets it, before it fails by that. */
    growForever() {
      for (let i = 0; ; i += 1) kept.set(i % 5000, 'x'.repeat(500));
    },
    /** Fails in the delivery that tells it what the other's promise came to. */
    failWhenTold(who) {
      E(others[who]).wait().then(() => {
        notes.push('never seen');
        exitVatWithFailure(Error('told'));
      });
    },
    /** The other vat decides `count` promises and ends; one in the middle is sent to. */
    async outlive(who, count) {
      const promise = (await E(others[who]).makeWaiting(count))[count / 2];
      const order = [];
      const note = name => ({ message }) => order.push(`${name}: ${message}`);
      await E(others[who]).exit('done');
      await Promise.all([promise.catch(note('known')), E(promise).put('x').catch(note('sent'))]);
      return order;
    },
    makeWaiting(count) {
      return Array.from({ length: count }, () => new Promise(() => {}));
    },
    exitFailing(message) {
      vatstore.set('before', 'seen');
      exitVatWithFailure(Error(message));
    },
  });
  return root;
}
