/* Capdata (smallcaps) as the plain JSON that our answers are (docs/kernel.md, Messages). */

/** Only the first mention of a slot in a body has its interface name. */
const faceOf = (text, faces) => {
  const dot = text.indexOf('.');
  const slot = dot < 0 ? text : text.slice(0, dot);
  if (dot >= 0) faces.set(slot, text.slice(dot + 1));
  return { '@ref': faces.get(slot) };
};

const special = (text, faces) => {
  switch (text[0]) {
    case '!': return text.slice(1);
    case '+': return text.slice(1);
    case '-': return text;
    case '$': return faceOf(text, faces);
    case '&': return { '@promise': text.slice(1) };
    case '%': return { '@symbol': text.slice(1) };
    case '#': return null; // undefined, NaN, Infinity
    default: throw Error(`smallcaps: ${text}`);
  }
};

const decode = (value, faces) => {
  const inner = item => decode(item, faces);
  if (typeof value === 'string') return /^[!-\-]/.test(value) ? special(value, faces) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inner);
  if ('#error' in value) return { '@error': inner(value['#error']), name: inner(value.name) };
  if ('#tag' in value) return { '@tag': inner(value['#tag']), payload: inner(value.payload) };
  const entries = Object.entries(value).map(([key, item]) => {
    const name = inner(key);
    return [name.startsWith('@') ? `@${name}` : name, inner(item)];
  });
  return Object.fromEntries(entries);
};

const parse = data => decode(JSON.parse(data.body.slice(1)), new Map());

export const fulfilledValue = parse;

export const rejectedValue = data => {
  const reason = parse(data);
  if (typeof reason === 'string') return { error: reason };
  if (reason && typeof reason === 'object' && '@error' in reason) {
    return { error: `${reason.name}: ${reason['@error']}` };
  }
  return { error: JSON.stringify(reason) };
};
