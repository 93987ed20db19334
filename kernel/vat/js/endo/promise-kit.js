export const makePromiseKit = () => {
  let resolve;
  let reject;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return harden({ promise, resolve, reject });
};

export const isPromise = value => Promise.resolve(value) === value;
