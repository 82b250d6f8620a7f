/** Every way by which JavaScript tells the time, told by the clock of the rule. */

import { elapsedMs, nextTimer, nowMs, originMs, timerFired } from "./clock.js";

const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyDescriptors } = Object;
const { construct } = Reflect;
const { floor } = Math;

/**
 * Change what tells the time in *realm*, the global object of a context.
 *
 * @param {any} realm
 */
export function defineTimes(realm) {
  defineDate(realm);
  defineFormats(realm.Intl.DateTimeFormat.prototype);
  if (realm.Temporal !== undefined) defineTemporal(realm.Temporal);
  defineWait(realm.Atomics);
  if (realm.performance !== undefined) definePerformance(realm.Performance.prototype, realm.performance);
  if (realm.console?.time !== undefined) defineConsole(realm.console);
  if (realm.File !== undefined) defineFile(realm);
}

/**
 * As the console's, which would tell how long the machine took.
 *
 * @param {any} console
 */
export function defineConsole(console) {
  /** @type {Map<string, number>} */
  const timers = new Map();
  /** @param {unknown} label @param {unknown[]} data */
  const tell = (label, data) => {
    const name = String(label);
    const began = timers.get(name);
    if (began === undefined) console.warn(`Timer '${name}' does not exist`);
    else console.info(`${name}: ${floor(elapsedMs() - began)}ms`, ...data);
    return name;
  };
  Object.assign(console, {
    time(label = "default") {
      const name = String(label);
      if (timers.has(name)) console.warn(`Timer '${name}' already exists`);
      else timers.set(name, elapsedMs());
    },
    timeLog(label = "default", /** @type {unknown[]} */ ...data) {
      tell(label, data);
    },
    timeEnd(label = "default") {
      timers.delete(tell(label, []));
    },
  });
}

function wholeMs() {
  return floor(nowMs());
}

/** @param {any} realm */
function defineDate(realm) {
  const Real = realm.Date;
  /** @param {any[]} given */
  const Date = function Date(...given) {
    if (new.target === undefined) return new Real(wholeMs()).toString();
    return construct(Real, given.length === 0 ? [wholeMs()] : given, new.target);
  };
  const { prototype, ...rest } = getOwnPropertyDescriptors(Real);
  Object.defineProperties(Date, rest);
  defineProperty(Date, "prototype", { value: prototype.value, writable: false });
  replace(Date, "now", () => wholeMs());
  replace(Real.prototype, "constructor", Date);
  replace(realm, "Date", Date);
}

/**
 * Formats of dates, whose functions take the time of now if they are given none.
 *
 * @param {any} formats
 */
function defineFormats(formats) {
  const { get } = /** @type {PropertyDescriptor} */ (getOwnPropertyDescriptor(formats, "format"));
  const { formatToParts } = formats;
  /** @type {WeakMap<object, (date?: unknown) => string>} */
  const made = new WeakMap();
  defineProperty(formats, "format", {
    configurable: true,
    get() {
      const format = /** @type {any} */ (get).call(this);
      if (!made.has(this)) made.set(this, (date) => format(date === undefined ? wholeMs() : date));
      return made.get(this);
    },
  });
  /** @this {any} @param {unknown} [date] */
  const toParts = function (date) {
    return formatToParts.call(this, date === undefined ? wholeMs() : date);
  };
  replace(formats, "formatToParts", toParts);
}

/** @param {any} temporal */
function defineTemporal({ Instant, Now }) {
  const instant = () => Instant.fromEpochMilliseconds(wholeMs());
  const zoned = (/** @type {unknown} */ zone) => instant().toZonedDateTimeISO(zone ?? Now.timeZoneId());
  replace(Now, "instant", instant);
  replace(Now, "zonedDateTimeISO", (/** @type {unknown} */ zone) => zoned(zone));
  replace(Now, "plainDateTimeISO", (/** @type {unknown} */ zone) => zoned(zone).toPlainDateTime());
  replace(Now, "plainDateISO", (/** @type {unknown} */ zone) => zoned(zone).toPlainDate());
  replace(Now, "plainTimeISO", (/** @type {unknown} */ zone) => zoned(zone).toPlainTime());
}

/**
 * A wait is over as a timer fires.
 *
 * @param {any} atomics
 */
function defineWait(atomics) {
  const { wait } = atomics;
  replace(atomics, "wait", (/** @type {any[]} */ ...given) => {
    const due = nowMs() + (Number(given[3]) || 0);
    const number = nextTimer();
    const ended = wait(...given);
    if (ended === "timed-out") timerFired(number, due);
    return ended;
  });
}

/**
 * @param {any} prototype
 * @param {any} performance
 */
function definePerformance(prototype, performance) {
  const { mark, measure } = prototype;
  replace(prototype, "now", () => elapsedMs());
  defineProperty(prototype, "timeOrigin", { configurable: true, enumerable: true, get: () => originMs() });
  replace(prototype, "toJSON", () => ({ timeOrigin: originMs() }));
  /** @this {any} @param {string} name @param {any} [options] */
  const marked = function (name, options) {
    return mark.call(this, name, { startTime: elapsedMs(), ...options });
  };
  /** @this {any} @param {string} name @param {any} [from] @param {any} [to] */
  const measured = function (name, from, to) {
    const span = typeof from === "object" && from !== null ? from : { start: from, end: to };
    const { start = 0, end, ...rest } = span;
    const isEnded = end !== undefined || rest.duration !== undefined;
    return measure.call(this, name, {
      start,
      ...rest,
      ...(isEnded ? end !== undefined && { end } : { end: elapsedMs() }),
    });
  };
  replace(prototype, "mark", marked);
  replace(prototype, "measure", measured);
  replace(performance, "eventLoopUtilization", () => ({ idle: 0, active: 0, utilization: 0 }));
  replace(performance, "timerify", (/** @type {unknown} */ timed) => timed);
  replace(performance, "nodeTiming", {});
}

/** @param {any} realm */
function defineFile(realm) {
  const Real = realm.File;
  replace(
    realm,
    "File",
    class File extends Real {
      /** @param {any[]} given */
      constructor(...given) {
        if (given.length >= 2) given[2] = { lastModified: wholeMs(), ...given[2] };
        super(...given);
      }
    },
  );
}

/**
 * @param {any} thing
 * @param {string} name
 * @param {unknown} value
 */
function replace(thing, name, value) {
  const { enumerable = false } = getOwnPropertyDescriptor(thing, name) ?? {};
  if (typeof value === "function" && value.name !== name) {
    defineProperty(value, "name", { value: name, configurable: true });
  }
  defineProperty(thing, name, { value, writable: true, enumerable, configurable: true });
}
