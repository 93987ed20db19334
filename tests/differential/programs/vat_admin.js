/* Vats made at run time: created, upgraded with baggage, ended from outside and by themselves. */
export const program = {
  bundles: {
    contract: ({ exitVat, exitVatWithFailure }, { first }, baggage) => {
      if (!baggage.has('count')) baggage.init('count', first);
      const unsettled = new Promise(() => {});
      return {
        add(n) {
          baggage.set('count', baggage.get('count') + n);
          return baggage.get('count');
        },
        wait: () => unsettled,
        thing: () => Far('thing', { touch: () => 'touched' }),
        leave: value => exitVat(value),
        fail: reason => exitVatWithFailure(reason),
      };
    },
    next: (powers, { label }, baggage) => ({
      read: () => [label, baggage.get('count'), [...baggage.keys()]],
    }),
    wrong: () => {
      throw RangeError('does not start');
    },
  },
  vats: {
    a: () => {
      let service;
      let bridge;
      const made = {};
      const problem = error => error;
      const create = async (name, bundle, parameters) => {
        const vatParameters = parametersFor(bundle, parameters);
        made[name] = { ...(await E(service).createVatByName(bundle, { vatParameters })) };
        await E(made[name].root).connect(bridge);
        watch(`done ${name}`, E(made[name].adminNode).done());
        return Object.keys(made[name]).sort();
      };
      return {
        administer(given, device) {
          service = given;
          bridge = device;
        },
        create,
        async use(name) {
          const { root } = made[name];
          log('adds', await E(root).add(2), await E(root).add(3));
          made[name].thing = await E(root).thing();
          log('thing', await E(made[name].thing).touch());
          watch(`waits for ${name}`, E(root).wait());
        },
        async upgrade(name, bundle, label) {
          const { adminNode } = made[name];
          const cap = await E(service).getNamedBundleCap(bundle);
          const vatParameters = parametersFor(bundle, { label });
          const options = { vatParameters, upgradeMessage: `to ${bundle}` };
          const result = await E(adminNode).upgrade(cap, options).catch(() => 'not upgraded');
          log('upgraded', result);
        },
        async look(name) {
          const { root, thing } = made[name];
          log('reads', await E(root).read().catch(() => 'cannot read'));
          log('add', await E(root).add(1).catch(() => 'cannot add'));
          log('thing', await E(thing).touch().catch(problem));
        },
        end(name, reason) {
          return E(made[name].adminNode).terminateWithFailure(Error(reason));
        },
        leave: (name, how, value) => void E(made[name].root)[how](value).catch(() => {}),
        async after(name) {
          log('call', await E(made[name].root).add(1).catch(() => 'nobody there'));
        },
        async fails() {
          const vatParameters = parametersFor('wrong', {});
          const made2 = E(service).createVatByName('wrong', { vatParameters });
          log('wrong', await made2.then(() => 'made', () => 'not made'));
          const none = E(service).createVatByName('nothing', {});
          log('nothing', await none.then(() => 'made', () => 'not made'));
        },
        async meters() {
          const meter = await E(service).createMeter(1000n, 500n);
          log('meter', await E(meter).get());
          await E(meter).addRemaining(5n);
          await E(meter).setThreshold(7n);
          log('meter', await E(meter).get());
          const endless = await E(service).createUnlimitedMeter();
          log('endless', endless !== undefined);
        },
      };
    },
  },
  calls: [
    ['a', 'create', 'x', 'contract', { first: 10 }], ['a', 'use', 'x'],
    ['a', 'upgrade', 'x', 'next', 'second'], ['a', 'look', 'x'],
    ['a', 'upgrade', 'x', 'wrong', 'third'], ['a', 'look', 'x'],
    ['a', 'end', 'x', 'enough'], ['a', 'after', 'x'],
    ['a', 'create', 'y', 'contract', { first: 0 }], ['a', 'use', 'y'],
    ['a', 'leave', 'y', 'leave', ['value']], ['a', 'after', 'y'],
    ['a', 'create', 'z', 'contract', { first: 0 }],
    ['a', 'leave', 'z', 'fail', 'why'], ['a', 'after', 'z'],
    ['a', 'fails'], ['a', 'meters'],
  ],
};
