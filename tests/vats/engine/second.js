// What makes a second engine of the first, for tests: its supervisor is entered through one more
// call, which costs steps of its own, and vats can see which of the two they run on.
(({ command, message, turn }) => {
  Object.defineProperty(globalThis, 'secondEngine', { value: true });
  return {
    command: text => command(text), message: (...parts) => message(...parts), turn,
  };
})
