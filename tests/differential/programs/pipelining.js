/* Messages to promises that are not settled: along with them, through chains, into rejections. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        run() {
          const door = E(b).open();
          const room = E(door).enter('lamp');
          watch('room', E(room).look());
          watch('table', E(E(room).table()).sit());
          watch('door', E(door).close());
          log('sent');
        },
        fail() {
          const nothing = E(b).refuse();
          watch('first', E(nothing).anything());
          watch('second', E(E(nothing).more()).still());
          watch('nothing', nothing);
        },
        notRemotable() {
          const text = E(b).text();
          watch('text', E(text).trim());
          watch('record', E(E(b).record()).field());
          watch('undefined', E(E(b).none()).anything());
        },
      };
    },
    b: () => {
      const table = Far('table', {
        sit() {
          log('sits');
          return 'seated';
        },
      });
      const room = thing =>
        Far('room', {
          look() {
            log('looks at', thing);
            return thing;
          },
          table: () => table,
        });
      const door = Far('door', {
        enter(thing) {
          log('enters with', thing);
          return room(thing);
        },
        close() {
          log('closes');
        },
      });
      return {
        open: () => door,
        refuse() {
          throw RangeError('no way');
        },
        text: () => ' text ',
        record: () => harden({ field: 1 }),
        none() {},
      };
    },
  },
  calls: [['a', 'run'], ['a', 'fail'], ['a', 'notRemotable']],
};
