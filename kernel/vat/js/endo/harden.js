export default globalThis.harden;
