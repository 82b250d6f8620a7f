/** The end of an invocation: what it started ends with it, and what goes on is told whose it is. */

import { isWaiting, settled } from "./calls.js";
import { endRests } from "./rests.js";
import { pause, stopsImmediates } from "./timers.js";
import { turn } from "./turns.js";

/** @import { Invocation } from "./invocation.js" */

const deno = /** @type {any} */ (Deno);
const { core } = deno[deno.internal];
/** Turns for what is to run in the next one: a library's queue is empty after a few, and what goes on is stopped. */
const MAX_TURNS = 32;

/**
 * *invocation* has its answer: stop its timers, and have told at once what it promised itself and nobody caught. What
 * takes turns of the event loop is not waited for.
 *
 * @param {Invocation} invocation
 */
export function leave(invocation) {
  if (!core.hasTickScheduled()) core.runNextTicks(); // hands over the rejections that nobody has caught so far
  invocation.isOver = true;
  invocation.stop((stop) => !stopsImmediates(stop));
  endRests();
}

/** Whether something of it still takes turns: calls without a reply, and what is to run in the next turn. */
export function takesTurns() {
  return isWaiting() || core.hasTickScheduled() || core.getActiveImmediateCount() > 0;
}

/**
 * Give it its turns.
 *
 * @param {Invocation} invocation
 */
export async function taken(invocation) {
  for (let turns = 0; takesTurns(); turns += 1) {
    if (turns >= MAX_TURNS) invocation.stop();
    if (isWaiting()) await settled();
    else await turn();
    if (turns > MAX_TURNS) break; // it is not this one's
  }
}

/**
 * Wait until the timers and calls of *invocation* are done, while it runs.
 *
 * @param {Invocation} invocation
 */
export async function whatIsLeft(invocation) {
  for (;;) {
    if (isWaiting()) await settled();
    else if (invocation.left.some(isGoing)) await pause();
    else break;
  }
}

/**
 * Whether somebody may wait for it: a library's own timers are let go by `unref`.
 *
 * @param {any} thing
 */
function isGoing(thing) {
  return thing._destroyed !== true && thing.hasRef?.() !== false;
}
