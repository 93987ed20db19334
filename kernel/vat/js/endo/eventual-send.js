export const { E } = globalThis;
