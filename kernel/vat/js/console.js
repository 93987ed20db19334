/* Console: what a vat says goes to the node's log; no vat can read it, so it is not replayed.
 *
 * Adds to the realm: show(value), a value as a line of text; console; and nameConsole(vatID).
 */
(realm => {
  'use strict';

  const { report } = realm.host;
  const { stringify } = JSON;

  let vatID = '';
  const nameConsole = id => {
    vatID = id;
  };

  const shown = value => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    const text = typeof value === 'object' ? stringify(value) : undefined;
    return text === undefined ? String(value) : text;
  };
  const show = value => {
    try {
      return shown(value).toWellFormed();
    } catch {
      return '(cannot be shown)';
    }
  };
  const log = level => (...values) => {
    report(stringify(['sourcedConsole', vatID, level, ...values.map(show)]));
  };
  const console = {
    debug: log('debug'), log: log('log'), info: log('info'), warn: log('warn'),
    error: log('error'),
  };

  return { ...realm, show, console, nameConsole };
})
