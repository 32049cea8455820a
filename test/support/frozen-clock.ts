/**
 * @module A clock that stands still while code runs. At Cloudflare the time is that of the event which began last, however
 * long a computation takes; workerd on a developer's machine shows the real one. This module makes it behave as there:
 * `Date` and `performance` give one value from the beginning of an event to the beginning of the next.
 *
 * An event is a request, a call of an object, an alarm, a frame of a socket, the answer to a request or call of our own,
 * and a timer. What else is awaited (a body that is read, storage) moves nothing, which is stricter than the platform.
 */

import { CLOCK_NOTE, type ClockReport } from './clock-report.ts';

/** No event has a reason to read the clock more often; a loop that waits for time to pass would do so for ever. */
const READS_PER_EVENT_MAX = 10_000;

type Method = (this: unknown, ...args: unknown[]) => unknown;

const realDate = Date;
const realNow = Date.now.bind(Date);
const realPerformanceNow = performance.now.bind(performance);
const realSetTimeout = setTimeout;

/** The time of the event that runs; null until it is first read. */
let frozen: { readonly ms: number; readonly performanceMs: number } | null = null;
let shiftMs = 0;
let events = 0;
let timers = 0;
let reads = 0;
let readsOfEvent = 0;
let readsMax = 0;
const faults: string[] = [];

function time(): { readonly ms: number; readonly performanceMs: number } {
  reads += 1;
  readsOfEvent += 1;
  readsMax = Math.max(readsMax, readsOfEvent);
  if (readsOfEvent > READS_PER_EVENT_MAX) {
    const fault = `${CLOCK_NOTE}, ${readsOfEvent} times in one event`;
    faults.push(fault);
    throw new Error(fault);
  }
  frozen ??= { ms: realNow() + shiftMs, performanceMs: realPerformanceNow() + shiftMs };
  return frozen;
}

/** An event begins: the clock may show a later time. */
function begin(): void {
  frozen = null;
  readsOfEvent = 0;
  events += 1;
}

/** A function whose every call is the beginning of an event. */
function asEvent<F extends Method>(call: F): F {
  return function (this: unknown, ...args: unknown[]) {
    begin();
    return Reflect.apply(call, this, args) as unknown;
  } as F;
}

/** A promise whose settling is one. */
function awaited<T>(promise: Promise<T>): Promise<T> {
  return promise.finally(begin);
}

globalThis.Date = new Proxy(realDate, {
  construct: (target, args, type) =>
    Reflect.construct(target, args.length === 0 ? [time().ms] : args, type) as Date,
  apply: () => new realDate(time().ms).toString(),
  get: (target, name) => (name === 'now' ? () => time().ms : (Reflect.get(target, name) as unknown)),
});
performance.now = () => time().performanceMs;

for (const name of ['setTimeout', 'setInterval'] as const) {
  const real = globalThis[name] as Method;
  const timer: Method = (callback, ...rest) => {
    const fire = asEvent(callback as Method);
    const counted: Method = (...args) => {
      timers += 1;
      return fire(...args);
    };
    return real.call(globalThis, counted, ...rest);
  };
  Object.defineProperty(globalThis, name, { value: timer, writable: true });
}
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => awaited(realFetch(input, init));
const realListen = EventTarget.prototype.addEventListener as Method;
const listen: Method = function (type, listener, ...rest) {
  const call = typeof listener === 'function' ? asEvent(listener as Method) : listener;
  return realListen.call(this, type, call, ...rest);
};
Object.defineProperty(EventTarget.prototype, 'addEventListener', { value: listen });

/** An answer of another object is a promise of its own kind. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null)?.then === 'function';
}

/** The clock as an entry uses it. */
export const clock = {
  begin,

  /** Calls of this class's own methods are events. */
  watch(type: { readonly prototype: object }, real: { readonly prototype: object }): void {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(real.prototype))) {
      if (name === 'constructor' || typeof value !== 'function') continue;
      Object.defineProperty(type.prototype, name, { value: asEvent(value as Method) });
    }
  },

  /** Answers to calls through stubs of this namespace are events. */
  around(namespace: DurableObjectNamespace): DurableObjectNamespace {
    return withMethods(namespace, (get, name) => {
      if (name !== 'get') return get;
      return (...args) =>
        withMethods(get(...args) as object, (call) => (...given) => {
          const answer = call(...given);
          return isThenable(answer) ? awaited(Promise.resolve(answer)) : answer;
        });
    });
  },

  /** Alarms of this storage are set and told in the time that the clock shows. */
  alarms(storage: DurableObjectStorage): { passed(ms: number): Promise<void> } {
    const setAlarm = storage.setAlarm.bind(storage);
    const getAlarm = storage.getAlarm.bind(storage);
    const define = (name: string, value: unknown) => Object.defineProperty(storage, name, { value });
    define('setAlarm', (at: number | Date) => setAlarm(Number(at) - shiftMs));
    define('getAlarm', async () => {
      const at = await getAlarm();
      return at === null ? null : at + shiftMs;
    });
    return {
      /** So much time passes: the clock shows it, and an alarm that stands in between comes now. */
      async passed(ms) {
        const at = await getAlarm();
        shiftMs += ms;
        begin();
        if (at !== null) await setAlarm(Math.max(at - ms, realNow()));
      },
    };
  },

  /** Holds the thread for this long by the real clock. */
  compute(ms: number): void {
    for (const end = realNow() + ms; realNow() < end; );
  },

  /** A pause by a real timer, which is an event when it is over. */
  pause: (ms: number): Promise<void> => awaited(new Promise((resolve) => realSetTimeout(resolve, ms))),

  report: (): ClockReport => ({ events, timers, reads, readsMax, faults }),
};

/** The same object with what `replace` makes of its methods. */
function withMethods<T extends object>(
  target: T,
  replace: (real: (...args: unknown[]) => unknown, name: PropertyKey) => (...args: unknown[]) => unknown,
): T {
  return new Proxy(target, {
    get(real, name) {
      const value = Reflect.get(real, name) as unknown;
      if (typeof value !== 'function') return value;
      return replace((...args) => (real as Record<PropertyKey, Method>)[name]?.(...args), name);
    },
  });
}
