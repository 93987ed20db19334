export function buildRootObject() {
  throw Error('the kettle is empty');
}
