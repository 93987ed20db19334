export function buildRootObject() {
  return Far('root', {
    bootstrap() {
      throw Error('nobody is at home');
    },
  });
}
