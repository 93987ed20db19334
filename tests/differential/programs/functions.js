/* Far functions: called here and from elsewhere, handed on, as targets of pipelines. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const problem = error => error;
          const add = Far('add', (x, y) => x + y);
          log('here', await E(add)(1, 2), add);
          log('there', await E(E(b).adder(10))(5));
          log('back', await E(b).apply(add, harden([20, 22])));
          log('same', (await E(b).echo(add)) === add);
          log('method of one', await E(add).call(1).catch(problem));
          log('method of theirs', await E(E(b).adder(1)).method(1).catch(problem));
          log('object called', await E(Far('object', {}))(1).catch(problem));
          log('root called', await E(b)(1).catch(problem));
          log('data called', await E(5)(1).catch(problem));
          log('theirs called', await E(E(b).echo('text'))(1).catch(problem));
          const fails = Far('fails', () => {
            throw RangeError('inside');
          });
          log('fails', await E(fails)().catch(problem), await E(b).apply(fails, []).catch(problem));
          log('later', await E(b).apply(Far('later', async x => x * 2), harden([4])));
          log('curried', await E(E(E(b).curried())(1))(2));
          log('only', E.sendOnly(add)(1, 2));
          log('plain', await E(x => x + 1)(1));
          log('plain passed', await E(b).echo(() => 1).catch(() => 'refused'));
        },
      };
    },
    b: () => ({
      adder: n => Far('adder', m => n + m),
      apply: (f, args) => E(f)(...args),
      curried: () => Far('curried', x => Far('inner', y => [x, y])),
      echo: value => value,
    }),
  },
  calls: [['a', 'run'], ['b', 'adder', 1]],
};
