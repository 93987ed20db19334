export const PASS_STYLE = Symbol.for('passStyle');
export const { Far } = globalThis;
export const passStyleOf = globalThis[Symbol.for('@endo passStyleOf')];

const { Fail, quote: q } = assert;

const hasStyle = (value, style) => {
  try {
    return passStyleOf(value) === style;
  } catch {
    return false;
  }
};

export const isPrimitive = value =>
  !value || (typeof value !== 'object' && typeof value !== 'function');
export const isPassable = value => {
  try {
    return passStyleOf(value) !== undefined;
  } catch {
    return false;
  }
};
export const isRecord = value => hasStyle(value, 'copyRecord');
export const isCopyArray = value => hasStyle(value, 'copyArray');
export const isRemotable = value => hasStyle(value, 'remotable');

export const assertPassable = value => void passStyleOf(value);

const assertStyle = (style, called) => (value, name = called) =>
  passStyleOf(value) === style ||
  Fail`${q(name)} ${value} must be a pass-by-copy ${q(style)}, not ${q(passStyleOf(value))}`;

export const assertRecord = assertStyle('copyRecord', 'Alleged record');
export const assertCopyArray = assertStyle('copyArray', 'Alleged array');
export const assertRemotable = assertStyle('remotable', 'Alleged remotable');

export const getTag = tagged => tagged[Symbol.toStringTag];
export const getInterfaceOf = value => (isRemotable(value) ? getTag(value) : undefined);

export const makeTagged = (tag, payload) => {
  typeof tag === 'string' || Fail`The tag of a tagged record must be a string: ${tag}`;
  assertPassable(harden(payload));
  return harden(
    Object.create(Object.prototype, {
      [PASS_STYLE]: { value: 'tagged' },
      [Symbol.toStringTag]: { value: tag },
      payload: { value: payload, enumerable: true },
    }),
  );
};

export const ToFarFunction = (name, target) =>
  getInterfaceOf(target) === undefined ? Far(name, (...args) => target(...args)) : target;
