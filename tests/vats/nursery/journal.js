/** Words that go out through the bridge, numbered. */
export const makeJournal = send => {
  let entries = 0;
  return (...words) => {
    entries += 1;
    send(`${entries}: ${words.map(word => JSON.stringify(word)).join(' ')}`);
  };
};
