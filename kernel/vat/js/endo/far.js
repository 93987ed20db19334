export const { E, Far } = globalThis;
export { getInterfaceOf, passStyleOf } from '@endo/pass-style';
