const { assert } = globalThis;
const { bare, details, makeError, note, quote } = assert;

export { assert, makeError, note as annotateError };
export { bare as b, details as X, quote as q };
export const { Fail } = assert;
export { bare, quote };
