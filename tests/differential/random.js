/* Random programs: three vats that act out lists of steps. A step is [verb, …]; what a verb speaks
 * of is found by number among what the vat holds by then, so that any list of steps makes sense and
 * a part of a failing one is a program too. */

/** Numbers from a text: the same everywhere (mulberry32 over FNV-1a). */
const makeDice = text => {
  let state = 2166136261;
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 16777619);
  return sides => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
};

const NAMES = ['a', 'b', 'c'];

/* The vat's text. It holds targets (objects, presences, promises for them) and settlers. */
const actor = ({ exitVat, exitVatWithFailure }) => {
  const held = [];
  const settlers = [];
  let made = 0;
  const pick = number => held[number % held.length];

  const valueOf = ([kind, n]) => {
    if (kind === 'held') return pick(n);
    if (kind === 'pair') return harden([pick(n), pick(n + 1)]);
    if (kind === 'error') return harden(RangeError(`error ${n}`));
    if (kind === 'text') return `!text ${n}`;
    if (kind === 'settled') return Promise.resolve(n);
    return n;
  };

  const newPromise = () =>
    new Promise((resolve, reject) => {
      settlers.push({ resolve, reject });
    });

  const settle = (how, n, value) => {
    if (settlers.length === 0) return;
    const [settler] = settlers.splice(n % settlers.length, 1);
    settler[how](valueOf(value));
  };

  const verbs = {
    send: (n, steps, value) => {
      const result = E(pick(n)).act(steps, valueOf(value));
      watch(`send ${steps.length}`, result);
      held.push(result);
    },
    watch: n => watch(`held ${n}`, pick(n)),
    promise: () => void held.push(newPromise()),
    object: () => {
      made += 1;
      held.push(makeObject(`thing ${made}`));
    },
    resolve: (n, value) => settle('resolve', n, value),
    reject: (n, value) => settle('reject', n, value),
    drop: n => {
      if (held.length > 4) held.splice(4 + (n % (held.length - 4)), 1);
    },
    exit: value => exitVat(valueOf(value)),
    fail: value => exitVatWithFailure(valueOf(value)),
  };

  /* The last step may say what the call answers. */
  const act = (steps, given) => {
    if (typeof given === 'object' && given !== null && !(given instanceof Error)) {
      held.push(...(Array.isArray(given) ? given : [given]));
    }
    let answer;
    for (const [verb, ...rest] of steps) {
      if (verb === 'answer') answer = valueOf(rest[0]);
      else if (verb === 'throw') throw Error(`thrown ${rest[0]}`);
      else verbs[verb](...rest);
    }
    return answer;
  };

  const makeObject = name =>
    Far(name, {
      act(steps, given) {
        log(name, 'acts', given);
        return act(steps, given);
      },
    });

  return {
    meet(vats) {
      held.push(makeObject('own'), vats.a, vats.b, vats.c);
    },
    act(steps, given) {
      log('acts', given);
      return act(steps, given);
    },
  };
};

const makeSteps = (dice, depth, endings) => {
  const value = () => {
    const kind = ['number', 'held', 'held', 'pair', 'text', 'settled'][dice(6)];
    return [kind, dice(40)];
  };
  const inner = () => (depth > 0 ? makeSteps(dice, depth - 1, endings) : []);
  const step = () => {
    const roll = dice(100);
    if (roll < 40) return ['send', dice(40), inner(), value()];
    if (roll < 50) return ['watch', dice(40)];
    if (roll < 62) return ['promise'];
    if (roll < 70) return ['object'];
    if (roll < 82) return ['resolve', dice(40), value()];
    if (roll < 86) return ['reject', dice(40), dice(2) ? value() : ['error', dice(40)]];
    if (roll < 90) return ['drop', dice(40)];
    if (roll < 96) return ['answer', value()];
    if (roll < 98 || !endings) return ['throw', dice(40)];
    return [dice(2) ? 'exit' : 'fail', value()];
  };
  return Array.from({ length: 1 + dice(4) }, step);
};

/** Calls that every random program with this seed and number makes. */
export const randomCalls = (seed, number) => {
  const dice = makeDice(`${seed} ${number}`);
  const endings = dice(3) === 0;
  return Array.from({ length: 3 + dice(5) }, () => [
    NAMES[dice(3)], 'act', makeSteps(dice, 2, endings), dice(100),
  ]);
};

export const programOf = calls => ({
  vats: Object.fromEntries(NAMES.map(name => [name, actor])),
  calls,
});

/** Programs that are a little smaller: without a call, or without a step somewhere. */
const withoutOne = list => list.map((_, i) => [...list.slice(0, i), ...list.slice(i + 1)]);

const smallerSteps = steps => [
  ...withoutOne(steps),
  ...steps.flatMap((step, i) => {
    if (step[0] !== 'send') return [];
    const [verb, target, inner, value] = step;
    return smallerSteps(inner).map(fewer => [
      ...steps.slice(0, i), [verb, target, fewer, value], ...steps.slice(i + 1),
    ]);
  }),
];

const smaller = calls => [
  ...withoutOne(calls).filter(list => list.length > 0),
  ...calls.flatMap(([vat, method, steps, given], i) =>
    smallerSteps(steps).map(fewer => [
      ...calls.slice(0, i), [vat, method, fewer, given], ...calls.slice(i + 1),
    ]),
  ),
];

/** The smallest calls found, in at most `tries` runs, that still `fails`. */
export const shrink = async (calls, fails, tries) => {
  let smallest = calls;
  let left = tries;
  for (let found = true; found && left > 0; ) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if (left === 0) break;
      left -= 1;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
};
