/* Makes a NaN by every way that a program has, keeps it wherever a program can, and works with bits
 * that look like one: on every machine the heap must be the same bytes. */
const zero = 0, one = 1, infinity = 1 / zero, minus = -1;

const operators = [
  x => x / zero * zero, x => (x + infinity) - infinity, x => zero / (x * zero), x => infinity % x,
  x => x % zero, x => (-x - 1) ** 0.5, x => -(zero / zero) + x, x => infinity * (x - x),
  x => +undefined + x, x => +'no number' - x, x => parseFloat('x') * x, x => Number({}) / x,
  x => -parseInt('') % x, x => x - NaN, x => NaN - x, x => x * -NaN, x => -NaN * x,
];

const functions = Object.getOwnPropertyNames(Math).filter(
  name => typeof Math[name] === 'function' && name !== 'random' && name !== 'sumPrecise');
const points = [
  -0, 0, 1, minus, 0.5, 2, infinity, -infinity, NaN, 1e308, -1e308, 5e-324, 2 ** 53, 1e-310, 710, -746,
  2 ** 31, Math.PI, Math.E, 1e22, 0.1, 0.3, 123456789.123456789,
];

const dates = () => [
  new Date(NaN), new Date(infinity, zero), new Date(2020, NaN), new Date('no date'),
  new Date(2020, 1, infinity - infinity), new Date(8.64e15 + 1), new Date(2020, 1, 1, -infinity),
].map(date => {
  const all = [date.getTime(), date.setHours(1), date.setMonth(infinity), date.setFullYear(2000, NaN)];
  all.push(new Date(0).setUTCSeconds(zero / zero), Date.UTC(2020, infinity, -infinity));
  return all;
});

/* Quiet and signalling, of either sign, with payloads: as bytes, as numbers, through conversions. */
const patterns = () => {
  const bytes = new ArrayBuffer(1024), words = new Uint32Array(bytes);
  for (let i = 0; i < words.length; i += 2) {
    words[i] = (i * 2654435761) >>> 0;
    words[i + 1] = ([0x7ff00000, 0xfff00000, 0x7ff80000, 0xfff80000][i / 2 % 4] | i) >>> 0;
  }
  const doubles = new Float64Array(bytes), floats = new Float32Array(bytes.slice(0));
  const view = new DataView(bytes.slice(0));
  const made = [
    Float64Array.from(doubles), new Float32Array(doubles), new Float64Array(floats), doubles.slice(),
    doubles.map(x => -x), doubles.map((x, i) => x + i), floats.map((x, i) => x * i - x),
    doubles.toSorted(), floats.toReversed(), doubles.with(3, doubles[5] + doubles[7]),
    new Float64Array(16).fill(doubles[9]), new Float32Array(16).fill(-doubles[9]), [...doubles],
    new BigInt64Array(doubles.buffer.slice(0)),
  ];
  if (typeof Float16Array === 'function') made.push(new Float16Array(doubles), Float64Array.from(new Float16Array(bytes)));
  for (let i = 0; i + 8 <= view.byteLength; i += 3) {
    view.setFloat64(i, view.getFloat64(i, true) - view.getFloat64(i));
    view.setFloat32(i, -view.getFloat32(i, true), true);
  }
  doubles.set(floats.subarray(0, 64), 1);
  floats.set(doubles);
  doubles.sort((a, b) => a - b);
  return [made, doubles, floats, view];
};

const texts = () => {
  let x = 1;
  const all = [];
  for (let i = 0; i < 400; i += 1) {
    x = (x * 48271) % 2147483647;
    const number = x * 10 ** (i % 600 - 300) / 7;
    all.push(`${number}`, number.toString(7), number.toExponential(i % 20), number.toPrecision(1 + i % 40),
      (number % 1e20).toFixed(i % 30), Number(`${number}e${i % 30}`), Math.fround(number), number | 0, number >>> 3);
  }
  return all;
};

export const buildRootObject = () => {
  const kept = [];
  const keep = (...values) => {
    kept.push(values, new Float64Array(values.flat(9).filter(v => typeof v === 'number')),
      new Float32Array(values.flat(9).filter(v => typeof v === 'number')));
    return kept.length;
  };
  return Far('root', {
    bootstrap() {},
    operators: () => keep(points.map(x => operators.map(f => f(x)))),
    functions: () => keep(functions.map(name => points.map(
      (x, i) => [Math[name](x), Math[name](x, points[points.length - 1 - i])]))),
    dates: () => keep(dates()),
    patterns: () => keep(patterns()),
    texts: () => keep(texts()),
    show: () => `${kept.flat(9)}`.length,
  });
};
