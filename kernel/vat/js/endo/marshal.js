export * from '@endo/pass-style';
