/**
 * What a rule starts for later: it ends with the invocation that started it, and what it throws is that one's.
 *
 * Deno loads its timers when they are first touched, for 20 ms, and so do we.
 */

import { nextTimer, nowMs, timerFired } from "./clock.js";
import { isReplayed } from "./draws.js";
import { starter, within } from "./invocation.js";
import { delayOf, MAX_MS, settlingInTime } from "./promised_timers.js";
import { startReplayed, stopRefreshable, waitAgain } from "./replayed_timers.js";
import { firedInPhase, isAtRest, isSamePhase, moved, whenAtRest } from "./rests.js";
import { noting, tell } from "./strays.js";

/** @typedef {(...args: any[]) => any} Start */

const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");
const STOPS = { setTimeout: "clearTimeout", setInterval: "clearInterval", setImmediate: "clearImmediate" };
const PAUSE_MS = 2;
const { reportError } = globalThis;
/** @type {Record<string, (thing: any) => void>} */
const stops = {};
/** @type {Record<string, Start>} */
const starts = {};
/** What tells of a timer whether it may be refreshed, and does what that takes. @type {WeakMap<object, () => boolean>} */
const refreshes = new WeakMap();

/** Watch over every way in which a rule has something done later and that would outlive its invocation. */
export function trackTimers() {
  for (const name of Object.keys(STOPS)) track(/** @type {keyof typeof STOPS} */ (name));
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (milliseconds) => timeoutSignal(milliseconds, timeout);
  globalThis.FinalizationRegistry = registryOf(globalThis.FinalizationRegistry);
  Atomics.waitAsync = waitingKnown(Atomics.waitAsync);
}

/**
 * Whether *stop* stops what runs in the very next turn: libraries queue by it, and wait for ever if it never comes.
 *
 * @param {(thing: any) => void} stop
 */
export function stopsImmediates(stop) {
  return stop === stops.setImmediate;
}

/** A moment, for whoever waits for a rule's timers. */
export function pause() {
  if (!starts.setTimeout) void globalThis.setTimeout;
  return new Promise((resolve) => starts.setTimeout(resolve, PAUSE_MS));
}

/** @param {keyof typeof STOPS} name */
function track(name) {
  const lazy = Object.getOwnPropertyDescriptor(globalThis, name);
  const define = (/** @type {unknown} */ value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: true,
    set: define,
    get() {
      /** @type {Start} */
      const start = lazy?.get ? lazy.get.call(globalThis) : lazy?.value;
      stops[name] = /** @type {any} */ (globalThis)[STOPS[name]];
      starts[name] = start;
      const tracked = ending(start, stops[name], name);
      define(tracked);
      return tracked;
    },
  });
}

/**
 * *start*, of which each timer moves the clock as it fires, and ends with the invocation that started it.
 *
 * @param {Start} start
 * @param {(timer: any) => void} stop
 * @param {keyof typeof STOPS} name
 */
function ending(start, stop, name) {
  /** @type {Start} */
  const tracked = (callback, ...rest) => {
    if (typeof callback !== "function") return start(callback, ...rest);
    const invocation = starter();
    const moves = isTimed(name);
    const number = moves ? nextTimer() : 0;
    const delay = moves ? delayOf(rest[0]) : 0;
    const given = moves ? rest.slice(1) : rest;
    const every = name === "setInterval" ? delay : 0;
    let due = nowMs() + delay;
    /** It is due, and others are before it. @type {object | null} */
    let place = null;
    const call = () => {
      if (every === 0) invocation?.forget(timer);
      return noting(invocation, () => callback.apply(timer, given));
    };
    const fire = (/** @type {boolean} */ isJoined) => {
      timerFired(number, due, isJoined);
      due = nowMs() + delay;
      try {
        call();
      } catch (error) {
        reportError(error);
      }
    };
    const waitInLine = () => {
      if (every === 0) queueMicrotask(() => refreshNatively(timer)); // until then it can be cleared
      if (place !== null) return;
      const own = place = {};
      whenAtRest(() => {
        if (place !== own || timer._destroyed || invocation?.isOver) return;
        place = null;
        if (every === 0) stopRefreshable(timer, stop);
        moved();
        fire(false);
      });
    };
    const run = () => {
      if (!moves) return call();
      if (invocation?.isOver) return stop(timer); // it was refreshed while it fired
      const isJoined = isSamePhase();
      if (place !== null || (!isJoined && !isAtRest())) return waitInLine();
      firedInPhase();
      fire(isJoined);
    };
    /** @type {any} */
    const timer = moves && isReplayed()
      ? startReplayed(start, stop, { number, due, every, fire })
      : start(run, ...rest);
    if (moves) {
      watchRefreshes(timer);
      refreshes.set(timer, () => {
        if (invocation?.isOver) return false;
        due = nowMs() + delay;
        place = null;
        invocation?.started(timer, stop);
        waitAgain(timer, due);
        return true;
      });
    }
    if (invocation === undefined) return timer;
    if (invocation.isOver && name !== "setImmediate") stop(timer);
    else invocation.started(timer, stop);
    return timer;
  };
  Object.defineProperty(tracked, "name", { value: name });
  const promisified = /** @type {any} */ (start)[PROMISIFIED];
  if (promisified) Object.defineProperty(tracked, PROMISIFIED, { value: settlingInTime(promisified, isTimed(name)) });
  return tracked;
}

/** @type {((this: any) => any) | null} */
let refreshing = null;

/**
 * A timer that is refreshed after it fired is one more of its invocation, and of a replay.
 *
 * @param {any} timer
 */
function watchRefreshes(timer) {
  if (refreshing !== null) return;
  const prototype = Object.getPrototypeOf(timer);
  const { refresh } = prototype;
  refreshing = refresh;
  prototype.refresh = function () {
    return refreshes.get(this)?.() === false ? this : refresh.call(this);
  };
}

/** @param {any} timer */
function refreshNatively(timer) {
  refreshing?.call(timer);
}

/**
 * Whether time passes until what *name* starts: what is to run in the next turn waits for none.
 *
 * @param {string} name
 */
function isTimed(name) {
  return name !== "setImmediate";
}

/**
 * As `AbortSignal.timeout`, by a timer that ends with its invocation; Deno's own calls its listeners out of all context.
 *
 * @param {number} milliseconds
 * @param {(milliseconds: number) => AbortSignal} timeout
 */
function timeoutSignal(milliseconds, timeout) {
  if (!(milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER)) return timeout(milliseconds);
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
  setTimeout(expire, Math.min(milliseconds, MAX_MS));
  return controller.signal;
}

/**
 * A registry whose callbacks run in the name of the invocation that made it; what one threw would end the process.
 *
 * @param {FinalizationRegistryConstructor} Registry
 */
function registryOf(Registry) {
  return /** @type {any} */ (class FinalizationRegistry extends Registry {
    /** @param {(held: any) => void} cleanUp */
    constructor(cleanUp) {
      const invocation = starter();
      /** @param {unknown} held */
      const call = (held) => {
        try {
          if (invocation) within(invocation, () => cleanUp(held));
          else cleanUp(held);
        } catch (error) {
          tell(error, invocation);
        }
      };
      super(typeof cleanUp === "function" ? call : cleanUp);
    }
  });
}

/**
 * *wait*, which no event loop knows of, and which is a thing of the invocation that asked for it.
 *
 * @param {typeof Atomics.waitAsync} wait
 * @returns {typeof Atomics.waitAsync}
 */
function waitingKnown(wait) {
  return /** @type {any} */ ((/** @type {[any, any, any, any]} */ ...args) => {
    const waiting = wait(...args);
    const invocation = starter();
    if (waiting.async && invocation) {
      invocation.started(waiting, () => {});
      waiting.value.then(() => invocation.forget(waiting));
    }
    return waiting;
  });
}
