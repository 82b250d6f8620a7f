/**
 * Timers of a replay. The tape says when one fires, so that none waits, and each fires where it did.
 */

import { isWaiting } from "./calls.js";
import { nowMs, repliesRead } from "./clock.js";
import { isAtEnd, mayFire, whenMoved } from "./draws.js";
import { steps } from "./turns.js";

const deno = /** @type {any} */ (Deno);
const { getAsyncContext, setAsyncContext } = deno[deno.internal].core;
const MAX_MS = 2 ** 31 - 1;

/** @typedef {{ timer: any, number: number, due: number, every: number, fire: () => void, stop: (timer: any) => void, context: any }} Waiting */

/** @type {Waiting[]} */
let waiting = [];
let isLooking = false;

/**
 * A timer that the tape fires; *start* makes what a rule holds of it. One of *every* fires again so many ms later.
 *
 * @param {(callback: () => void, ms: number) => any} start
 * @param {(timer: any) => void} stop
 * @param {{ number: number, due: number, every: number, fire: () => void }} wanted
 */
export function startReplayed(start, stop, wanted) {
  const timer = start(() => {}, MAX_MS);
  waiting.push({ ...wanted, timer, stop, context: getAsyncContext() });
  lookSoon();
  return timer;
}

function lookSoon() {
  if (isLooking) return;
  isLooking = true;
  void steps().then(look);
}

/** Fire the first, if it is its time. */
function look() {
  isLooking = false;
  waiting = waiting.filter(({ timer }) => timer._destroyed !== true);
  if (waiting.length === 0) return;
  const those = waiting.filter(({ number }) => mayFire(number, repliesRead()));
  if (those.length === 0 || (isAtEnd() && isWaiting())) return void whenMoved(lookSoon);
  const first = those.reduce((found, each) => each.due < found.due ? each : found);
  if (first.every > 0) {
    first.due = nowMs() + first.every;
  } else {
    first.stop(first.timer);
  }
  lookSoon();
  const before = getAsyncContext();
  setAsyncContext(first.context);
  try {
    first.fire();
  } finally {
    setAsyncContext(before);
  }
}

/**
 * Resolves once the tape has the timer of this number fire; at once if this run is none of a tape.
 *
 * @param {number} number
 */
export async function taped(number) {
  while (!mayFire(number, repliesRead())) await /** @type {Promise<void>} */ (new Promise(whenMoved));
}
