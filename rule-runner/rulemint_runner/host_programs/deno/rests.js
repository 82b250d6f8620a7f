/**
 * Between two things that a rule is given from outside (a reply, a timer that fires) it takes the steps that follow the
 * first. So their order alone says what the rule does, and a replay that keeps the order does the same.
 */

import { inTheNext, steps } from "./turns.js";

const deno = /** @type {any} */ (Deno);
const { getAsyncContext, setAsyncContext } = deno[deno.internal].core;

/** What one run is given. */
class Rests {
  /** It was given something, and may not have taken its steps upon that. */
  isMoving = true;
  /** So many things it was given, results of computations among them. */
  given = 0;
  isResting = false;
  /** What it is to be given next, in this order. @type {(() => void)[]} */
  line = [];
  /** Computations of other threads under way. */
  computations = 0;
  /** Settled once the last of them has its result. @type {Promise<unknown>} */
  lastComputed = Promise.resolve();

  async rest() {
    this.isResting = true;
    while (this.line.length > 0) {
      while (this.isMoving || this.computations > 0) {
        this.isMoving = false;
        await this.lastComputed;
        await steps();
      }
      this.line.shift()?.();
    }
    this.isResting = false;
  }

  move() {
    this.isMoving = true;
    this.given += 1;
  }
}

let now = new Rests();
/** The timers of one phase of the event loop fire one after the other, before anything else. */
let isInPhase = false;

/** Another run begins: what the one before has computed is not waited for. */
export function beginRests() {
  now = new Rests();
}

/** The run is over: what it still waits for is given at once. */
export function endRests() {
  for (const give of now.line.splice(0)) give();
}

/**
 * Settles as *result*, which other threads compute, once all that were asked for before have theirs.
 *
 * @template T
 * @param {Promise<T>} result
 * @returns {Promise<T>}
 */
export function computing(result) {
  const given = inTurn(result, now);
  now.lastComputed = given.then(() => {}, () => {});
  return given.then((found) => found); // one that nobody catches is told as such
}

/**
 * @template T
 * @param {Promise<T>} result
 * @param {Rests} own
 */
async function inTurn(result, own) {
  const before = own.lastComputed;
  own.computations += 1;
  try {
    return await result;
  } finally {
    await before;
    own.computations -= 1;
    own.move();
  }
}

/** The rule was given something, and does what it does upon that. */
export function moved() {
  now.move();
}

/** How many things it was given so far. */
export function givenSoFar() {
  return now.given;
}

/** A timer fired by itself: others that are due fire in the same phase. */
export function firedInPhase() {
  moved();
  if (isInPhase) return;
  isInPhase = true;
  inTheNext(() => isInPhase = false);
}

/** Whether a timer that fires now does so in the phase of the one before. */
export function isSamePhase() {
  return isInPhase && now.line.length === 0;
}

/** Whether other threads compute for the rule. */
export function isComputing() {
  return now.computations > 0;
}

/** Whether the rule has taken all its steps, and nothing waits for that. */
export function isAtRest() {
  return !now.isMoving && !now.isResting && !isComputing();
}

/**
 * Call *give*, in the context of now, once the rule has taken its steps and all is given that came before.
 *
 * @param {() => void} give
 */
export function whenAtRest(give) {
  const context = getAsyncContext();
  now.line.push(() => {
    const before = getAsyncContext();
    setAsyncContext(context);
    try {
      give();
    } finally {
      setAsyncContext(before);
    }
  });
  if (!now.isResting) void now.rest();
}
