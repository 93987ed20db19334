/* Texts of all kinds between vats: controls, separators, half surrogate pairs, long ones. */
export const program = {
  vats: {
    a: () => {
      let b;
      return {
        meet(vats) {
          b = vats.b;
        },
        async run() {
          const texts = {
            nul: 'a\u0000b', controls: '\u0001\u001f\u007f', separators: '\u2028\u2029',
            bom: '\ufeffx', noncharacter: '\uffff', pair: '\ud83d\ude00', rtl: '\u202eabc',
            combining: 'e\u0301', quote: '"\\/', newline: 'a\r\nb\tc', private: '\ue000',
          };
          for (const [name, text] of Object.entries(texts)) {
            log(name, (await E(b).echo(text)) === text, await E(b).size(text));
            log(name, 'key', Object.keys(await E(b).echo(harden({ [text]: 1 })))[0] === text);
            log(name, 'error', (await E(b).fail(text).catch(error => error.message)) === text);
          }
        },
        async half() {
          log('half', await E(b).size('\ud83d').catch(error => error.name));
        },
      };
    },
    b: () => ({
      echo: text => text,
      size: text => text.length,
      fail(text) {
        throw Error(text);
      },
    }),
  },
  calls: [['a', 'run'], ['a', 'half']],
};
