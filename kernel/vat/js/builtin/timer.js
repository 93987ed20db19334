/* The timer service, in the words of SwingSet's timer vat, over a timer device. Times are bigints
 * (whole numbers are taken too), Unix seconds of the chain's blocks, and never earlier than asked.
 *
 *   bootstrap(vats, devices) { const service = await E(vats.timer).createTimerService(devices.timer); }
 *
 * Whoever holds the service may use it; the device stays here. However many ask, the device is
 * asked for one wake-up at a time. */
const EVENTS_MAX = 100_000;
const FIRED_MAX = 4_000; // at once, so that what many asked for is never too much for one delivery

const whole = (value, what) => {
  const n = Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof n !== 'bigint' || n < 0n) throw TypeError(`${what} must be a whole number of seconds`);
  return n;
};

const checkHandler = handler => {
  if (Object(handler) !== handler) throw TypeError('handler must be an object with wake(time)');
};

export function buildRootObject({ D }) {
  const schedule = new Map(); // time → Set of events, in the order in which they were asked for
  const times = []; // its keys, ascending
  const tokens = new Map(); // cancel token → Set of what it cancels
  let device;
  let armed; // when the device is to wake us; undefined: never
  let count = 0;

  const now = () => D(device).getLastPolled();

  // ---- the schedule ----

  /** Where `time` is, or would be, among the times. */
  const placeOf = time => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** What is due already is asked for again: the device makes the next second of it. */
  const arm = () => {
    const [first] = times;
    if (first === armed && (first === undefined || first > now())) return;
    if (armed !== undefined) D(device).removeWakeup(waker);
    armed = first;
    if (first !== undefined) D(device).setWakeup(first, waker);
  };

  const enter = event => {
    if (count >= EVENTS_MAX) throw RangeError('the timer has as many events as it may have');
    const place = placeOf(event.time);
    if (times[place] !== event.time) {
      times.splice(place, 0, event.time);
      schedule.set(event.time, new Set());
    }
    schedule.get(event.time).add(event);
    count += 1;
    arm();
  };

  const leave = event => {
    const events = schedule.get(event.time);
    if (events === undefined || !events.delete(event)) return;
    count -= 1;
    if (events.size > 0) return;
    schedule.delete(event.time);
    times.splice(placeOf(event.time), 1);
    arm();
  };

  const waker = Far('waker', {
    wake() {
      const present = now();
      const due = [];
      D(device).removeWakeup(waker); // one that was asked for while this message waited
      armed = undefined;
      while (times.length > 0 && times[0] <= present && due.length < FIRED_MAX) {
        const events = schedule.get(times[0]);
        for (const event of events) {
          if (due.length === FIRED_MAX) break;
          events.delete(event);
          due.push(event);
        }
        if (events.size === 0) schedule.delete(times.shift());
      }
      count -= due.length;
      arm();
      for (const event of due) event.fire();
    },
  });

  // ---- what a token cancels ----

  const bind = (token, event) => {
    if (token === undefined) return;
    if (Object(token) !== token) throw TypeError('cancelToken must be an object');
    if (!tokens.has(token)) tokens.set(token, new Set());
    tokens.get(token).add(event);
  };

  const unbind = (token, event) => {
    const events = tokens.get(token);
    if (events === undefined) return;
    events.delete(event);
    if (events.size === 0) tokens.delete(token);
  };

  const cancel = token => {
    const events = [...(tokens.get(token) ?? [])];
    tokens.delete(token);
    for (const event of events) {
      event.cancelled = true;
      leave(event);
      if (event.dropped !== undefined) event.dropped(Error('TimerCancelled'));
    }
    return harden(events.map(({ time }) => time));
  };

  // ---- events ----

  const once = (time, token, fire, dropped) => {
    const event = {
      time,
      dropped,
      fire() {
        unbind(token, event);
        fire(time);
      },
    };
    bind(token, event);
    enter(event);
  };

  const wakeAt = (when, token) => {
    const time = whole(when, 'when');
    const present = now();
    if (time <= present) return Promise.resolve(present);
    return new Promise((resolve, reject) => once(time, token, resolve, reject));
  };

  /** handler.wake(time) at start + n * interval; the next once it answered, never if it failed. */
  const repeat = (start, interval, handler, token) => {
    const next = present => (present < start
      ? start
      : present + interval - ((present - start) % interval));
    const event = {
      time: next(now()),
      cancelled: false,
      fire() {
        E(handler).wake(event.time).then(() => {
          if (event.cancelled) return;
          event.time = next(now());
          enter(event);
        }).catch(() => unbind(token, event));
      },
    };
    bind(token, event);
    enter(event);
    return event.time;
  };

  const interval = value => {
    const seconds = whole(value, 'interval');
    if (seconds === 0n) throw RangeError('interval must be a second at least');
    return seconds;
  };

  const service = Far('TimerService', {
    getCurrentTimestamp: () => now(),
    setWakeup(when, handler, cancelToken) {
      const time = whole(when, 'when');
      checkHandler(handler);
      const wake = () => E.sendOnly(handler).wake(time);
      if (time <= now()) wake();
      else once(time, cancelToken, wake);
      return time;
    },
    wakeAt,
    addDelay: (seconds, cancelToken) => wakeAt(now() + whole(seconds, 'delay'), cancelToken),
    delay: (seconds, cancelToken) => wakeAt(now() + whole(seconds, 'delay'), cancelToken),
    repeatAfter(delay, every, handler, cancelToken) {
      checkHandler(handler);
      return repeat(now() + whole(delay, 'delay'), interval(every), handler, cancelToken);
    },
    makeRepeater(delay, every) {
      const start = now() + whole(delay, 'delay');
      const seconds = interval(every);
      const token = harden({});
      let disabled = false;
      return Far('repeater', {
        schedule(handler) {
          if (disabled) throw Error('the repeater is disabled');
          checkHandler(handler);
          return repeat(start, seconds, handler, token);
        },
        disable() {
          disabled = true;
          cancel(token);
        },
      });
    },
    cancel,
  });

  return Far('timer vat', {
    createTimerService(timerDevice) {
      if (device === undefined) {
        D(timerDevice).getLastPolled(); // throws unless it is one
        device = timerDevice;
      } else if (device !== timerDevice) {
        throw Error('the timer service has its device already');
      }
      return service;
    },
  });
}
