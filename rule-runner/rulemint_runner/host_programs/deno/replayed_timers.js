/**
 * Timers of a replay. The tape says when one fires, so that none waits, and each fires where it did.
 */

import { isWaiting } from "./calls.js";
import { nowMs, repliesRead } from "./clock.js";
import { isAtEnd, isNextJoined, mayFire, whenMoved } from "./draws.js";
import { moved, whenAtRest } from "./rests.js";

const deno = /** @type {any} */ (Deno);
const { getAsyncContext, runNextTicks, setAsyncContext } = deno[deno.internal].core;
const MAX_MS = 2 ** 31 - 1;

/** @typedef {{ timer: any, number: number, due: number, every: number, fire: (isJoined: boolean) => void, stop: (timer: any) => void, context: any }} Waiting */

/** @type {Waiting[]} */
let waiting = [];
/** All that a rule still holds, each by what it holds. @type {WeakMap<object, Waiting>} */
const started = new WeakMap();
let isLooking = false;

/**
 * A timer that the tape fires; *start* makes what a rule holds of it. One of *every* fires again so many ms later.
 *
 * @param {(callback: () => void, ms: number) => any} start
 * @param {(timer: any) => void} stop
 * @param {{ number: number, due: number, every: number, fire: (isJoined: boolean) => void }} wanted
 */
export function startReplayed(start, stop, wanted) {
  const timer = start(() => {}, MAX_MS);
  started.set(timer, { ...wanted, timer, stop, context: getAsyncContext() });
  waitAgain(timer, wanted.due);
  return timer;
}

/**
 * If *timer* is one of these, it fires once more, at *due*.
 *
 * @param {any} timer
 * @param {number} due
 */
export function waitAgain(timer, due) {
  const known = started.get(timer);
  if (known === undefined) return;
  known.due = due;
  if (!waiting.includes(known)) waiting.push(known);
  lookSoon();
}

function lookSoon() {
  if (isLooking) return;
  isLooking = true;
  moved(); // it is the rule that looks, by what it does now
  whenAtRest(look);
}

/** Fire the first, if it is its time, and those that fired in the same phase. */
function look() {
  isLooking = false;
  let first = nextToFire();
  if (first === null) return;
  fire(first, false);
  while (isNextJoined()) {
    runNextTicks(); // as between the timers of a phase
    first = nextToFire();
    if (first === null) return;
    fire(first, true);
  }
  lookSoon();
}

/** The timer that is the next to fire. If there is none, this looks again once something has come. */
function nextToFire() {
  waiting = waiting.filter(({ timer }) => timer._destroyed !== true);
  if (waiting.length === 0) return null;
  const those = waiting.filter(({ number }) => mayFire(number, repliesRead()));
  if (those.length > 0 && !(isAtEnd() && isWaiting())) {
    return those.reduce((found, each) => each.due < found.due ? each : found);
  }
  whenMoved(lookSoon);
  return null;
}

/**
 * @param {Waiting} first
 * @param {boolean} isJoined
 */
function fire(first, isJoined) {
  moved();
  if (first.every > 0) {
    first.due = nowMs() + first.every;
  } else {
    end(first);
  }
  const before = getAsyncContext();
  setAsyncContext(first.context);
  try {
    first.fire(isJoined);
  } finally {
    setAsyncContext(before);
  }
}

/**
 * It fires no more, unless the rule refreshes it.
 *
 * @param {Waiting} ended
 */
function end(ended) {
  stopRefreshable(ended.timer, ended.stop);
  waiting = waiting.filter((each) => each !== ended);
}

/**
 * Stop *timer*, as one that has fired: it can be refreshed.
 *
 * @param {any} timer
 * @param {(timer: any) => void} stop
 */
export function stopRefreshable(timer, stop) {
  const { _onTimeout } = timer;
  stop(timer);
  timer._onTimeout = _onTimeout;
}

/**
 * Resolves once the tape has the timer of this number fire; at once if this run is none of a tape.
 *
 * @param {number} number
 */
export async function taped(number) {
  while (!mayFire(number, repliesRead())) await /** @type {Promise<void>} */ (new Promise(whenMoved));
}
