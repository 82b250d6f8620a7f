/** The end of a run. */

/** @import { Invocation } from "./invocation.js" */

const PAUSE_MS = 1;

/**
 * Wait until the timers and calls of *invocation* are done.
 *
 * @param {Invocation} invocation
 */
export async function whatIsLeft(invocation) {
  while (invocation.asked > 0 || invocation.left.length > 0) {
    await new Promise((resolve) => pause(resolve, PAUSE_MS));
  }
}

/** Taken before any rule could replace it. */
const pause = globalThis.setTimeout;
