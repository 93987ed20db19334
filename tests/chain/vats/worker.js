/* Does turns of work, and keeps their sum in its heap. */
export function buildRootObject() {
  let sum = 0;

  return Far('worker', {
    turn(number) {
      let x = number + 1;
      for (let i = 0; i < 500; i += 1) x = (x * 48271) % 2147483647;
      sum = (sum + x) % 2147483647;
      return sum;
    },
  });
}
