/* What is made of a remotable or has no such shape: what its sender is told, and what arrives. */
export const program = {
  vats: {
    a: () => {
      let b;
      const makes = {
        child: it => Object.create(it),
        proxy: it => new Proxy(it, {}),
        face: it => Object.create(Object.getPrototypeOf(it)),
        undeclared: () => ({ m() {} }),
        accessor: () => ({ get x() { return 1; } }),
        hidden: () => Object.defineProperty({}, 'x', { value: 1 }),
        cyclic: () => {
          const cycle = [];
          cycle.push(cycle);
          return cycle;
        },
      };
      return {
        meet(vats) {
          b = vats.b;
        },
        async give(kind) {
          for (const it of [b, Far('own', { m: () => 1 })]) {
            const value = harden(makes[kind](it));
            log(kind, await E(b).take(value).catch(error => error.name));
          }
        },
      };
    },
    b: () => ({
      take: value => typeof value,
    }),
  },
  calls: ['child', 'proxy', 'face', 'undeclared', 'accessor', 'hidden', 'cyclic'].map(kind => [
    'a', 'give', kind,
  ]),
};
