/** Turns of the event loop, without a timer of Deno's: it would load its Node layer for one. */

const deno = /** @type {any} */ (Deno);
const { getActiveImmediateCount, hasTickScheduled, immediateRefCount, kRefed, queueImmediate } =
  deno[deno.internal].core;

/** Keep the event loop waiting while a module is loaded: Deno ends the process if one waits for nothing. @returns {() => void} */
export function keptAlive() {
  const { port1 } = new MessageChannel();
  port1.onmessage = () => {};
  return () => port1.close();
}

/**
 * Resolves in the turn after the next, once everything that was promised until now has settled: what an operation has
 * just resolved is still to be run when the next turn begins.
 *
 * @returns {Promise<void>}
 */
export function turn() {
  return new Promise((resolve) => inTheNext(() => inTheNext(resolve)));
}

/** Turns in which a rule has taken the steps that follow a reply: to read the body of an answer takes some. */
const STEPS = 4;
/** As many as a rule may take that has something done in the next turn, again and again. */
const MAX_STEPS = 64;

/** Resolves once a rule has done what it does upon what it has just got, as long as that waits for nothing. */
export async function steps() {
  for (let step = 0; step < STEPS || (step < MAX_STEPS && !hasNoTurns()); step += 1) await turn();
}

/** Whether nothing is to be done in the next turn. */
export function hasNoTurns() {
  return getActiveImmediateCount() === 0 && !hasTickScheduled();
}

/**
 * Call *run* in the next turn.
 *
 * @param {() => void} run
 */
export function inTheNext(run) {
  immediateRefCount(true);
  queueImmediate({
    _onImmediate: run,
    _argv: null,
    _idleNext: null,
    _idlePrev: null,
    _destroyed: false,
    [kRefed]: true,
    asyncId: 0,
    triggerAsyncId: 0,
  });
}
