/* One small vat whose whole worth is in its heap: a sum and pages of notes. */
export function buildRootObject() {
  const notes = [];
  let sum = 0;

  return Far('diary', {
    add(amount) {
      if (!Number.isSafeInteger(amount)) {
        throw TypeError(`diary: not a whole number: ${String(amount)}`);
      }
      sum += amount;
      return sum;
    },

    note(text) {
      notes.push(`${notes.length}: ${text}`);
      return notes.length;
    },

    /** Everything before counts: one lost bit of the heap is another answer. */
    look() {
      return notes.reduce((all, text) => (all * 31 + text.length + text.charCodeAt(3)) % 2147483647, sum);
    },
  });
}
