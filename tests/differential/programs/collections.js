/* Presences, own objects and promises as keys of Map, Set, WeakMap and WeakSet. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const weak = new WeakMap();
          const strong = new Map();
          const members = new WeakSet();
          const one = await E(b).thing(1);
          weak.set(one, 'one');
          strong.set(one, 1);
          members.add(one);
          const again = await E(b).thing(1);
          log(weak.get(again), strong.get(again), members.has(again), weak.has(b));
          const two = await E(b).thing(2);
          log(weak.has(two), strong.has(two), members.has(two));
          const own = Far('own', {});
          weak.set(own, 'own');
          log(weak.get(await E(b).echo(own)), weak.delete(own), weak.has(await E(b).echo(own)));
          log(Object.prototype.toString.call(weak), Object.prototype.toString.call(members));
          for (const key of [1, 'text', undefined, null]) {
            try {
              weak.set(key, 1);
              log('set', key);
            } catch (error) {
              log('refused', key, error.name);
            }
          }
          log(weak.get(1), weak.has(undefined), weak.delete('text'));
        },
      };
    },
    b: () => {
      const things = {};
      return {
        thing(n) {
          things[n] ??= Far('thing', {});
          return things[n];
        },
        echo: value => value,
      };
    },
  },
  calls: [['a', 'run']],
};
