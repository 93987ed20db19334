/* Syscalls: what the vat asks of the kernel during a delivery.
 *
 * Adds to the realm: syscalls, of which each throws what the kernel answers as an error.
 */
(realm => {
  'use strict';

  const { issue } = realm.host;
  const { stringify, parse } = JSON;

  const OK = '["ok",null]'; // what most of them answer; spares parsing it

  /** `request`: the syscall's JSON. */
  const syscallText = request => {
    const text = issue(`["syscall",${request}]`);
    if (text === OK) return null;
    const answer = parse(text);
    if (answer[0] !== 'ok') throw Error(`syscall failed: ${answer[1]}`);
    return answer[1];
  };
  const syscall = (...request) => syscallText(stringify(request));

  /* The two syscalls that nearly every delivery makes, written by hand: references need no escapes
   * and a serialized value is JSON already. */
  const syscallResolve = ({ vref, rejected, data }, others) => {
    let text = `["resolve",[["${vref}",${rejected},${data}]`;
    for (let i = 0; i < others.length; i++) {
      const other = others[i];
      text += `,["${other.vref}",${other.rejected},${other.data}]`;
    }
    return syscallText(`${text}]]`);
  };
  const syscallSend = (vref, methargs, result) =>
    syscallText(
      `["send","${vref}",{"methargs":${methargs},"result":${result ? `"${result}"` : null}}]`,
    );

  return { ...realm, syscalls: { syscall, syscallText, syscallResolve, syscallSend } };
})
