/* A vat that makes objects which go nowhere: the kernel takes no message that is too large, and what
 * such a message names is held until the vat is reaped. */
export function buildRootObject() {
  let other;
  let kept = [];
  const made = count => Array.from({ length: count }, (_, i) => ({ number: i, next: [i] }));

  return Far('spender', {
    bootstrap(vats) {
      return E(vats.spender).meet(vats.other);
    },
    meet(vat) {
      other = vat;
    },
    /** Hold so many for good. */
    keep(count) {
      kept.push(made(count));
    },
    /** Make so many that only a message which is refused names; true: it was. */
    spend(count) {
      const things = made(count);
      const thing = Far('thing', { count: () => things.length });

      return E(other).take(thing, 10n ** 4096n).then(() => false, () => true);
    },
    take() {},
  });
}
