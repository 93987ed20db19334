/* Every kind of work that has a price, as much of it as a message asks for: what a tick of each
 * takes is compared with what a tick of an ordinary message takes (headstart-bench prices). */
export function buildRootObject({ vatstore }) {
  let other;
  const kept = [];
  let gathered = [];
  const self = Far('prices', {
    bootstrap(vats) {
      other = vats.other;
    },

    /* The engine's steps, in several shapes. */
    spin(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum = (sum + i * 7) % 1000003;
      return sum;
    },
    call(n) {
      const fibonacci = k => (k < 2 ? k : fibonacci(k - 1) + fibonacci(k - 2));
      return fibonacci(n);
    },
    match(n) {
      return /^(a+)+$/.test(`${'a'.repeat(n)}!`);
    },
    allocate(n) {
      const all = [];
      for (let i = 0; i < n; i += 1) all.push({ i, text: `${i}` });
      return all.length;
    },
    copy(n, bytes) {
      const words = new Uint8Array(bytes);
      for (let i = 0; i < n; i += 1) words.copyWithin(1, 0, bytes - 1);
      return words.length;
    },
    sort(n) {
      return Array.from({ length: n }, (_, i) => (i * 7919) % n).sort((a, b) => a - b).length;
    },
    print(n) {
      return JSON.stringify(Array.from({ length: n }, (_, i) => `item ${i}`)).length;
    },

    /* The kernel's work on a vat's behalf. */
    set(n, bytes) {
      const value = 'v'.repeat(bytes);
      for (let i = 0; i < n; i += 1) vatstore.set(`k${i}`, value);
      return n;
    },
    get(n) {
      let bytes = 0;
      for (let i = 0; i < n; i += 1) bytes += vatstore.get(`k${i}`).length;
      return bytes;
    },
    next(n) {
      let key = '';
      for (let i = 0; i < n; i += 1) key = vatstore.getNextKey(key) ?? '';
      return key;
    },
    gather(n) {
      gathered = Array.from({ length: n }, (_, i) => ({ i }));
      return n;
    },
    copies(n) {
      for (let i = 0; i < n; i += 1) gathered.slice();
      return n;
    },
    unset(n) {
      for (let i = 0; i < n; i += 1) vatstore.delete(`k${i}`);
      return n;
    },
    send(n) {
      for (let i = 0; i < n; i += 1) E.sendOnly(other).take();
      return n;
    },
    sendLong(n, bytes) {
      const text = 'v'.repeat(bytes);
      for (let i = 0; i < n; i += 1) E.sendOnly(other).take(text);
      return n;
    },
    ask(n) {
      return Promise.all(Array.from({ length: n }, () => E(other).give())).then(all => all.length);
    },
    export(n) {
      E.sendOnly(other).keep(Array.from({ length: n }, () => Far('x', {})));
      return n;
    },
    drop() {
      E.sendOnly(other).forget();
      return 0;
    },
    promise(n) {
      for (let i = 0; i < n; i += 1) kept.push(E(other).later());
      return n;
    },
    settle() {
      E.sendOnly(other).now();
      return kept.splice(0).length;
    },
  });
  return self;
}
