/**
 * Between two things that a rule is given from outside (a reply, a timer that fires) it takes the steps that follow the
 * first. So their order alone says what the rule does, and a replay that keeps the order does the same.
 */

import { inTheNext, steps } from "./turns.js";

const deno = /** @type {any} */ (Deno);
const { getAsyncContext, setAsyncContext } = deno[deno.internal].core;

/** It was given something, and may not have taken its steps upon that. */
let isMoving = false;
/** The timers of one phase of the event loop fire one after the other, before anything else. */
let isInPhase = false;
let isResting = false;
/** @type {(() => void)[]} */
const line = [];
/** Computations under way. */
let computations = 0;
/** Settled once the last of them has its result. @type {Promise<unknown>} */
let lastComputed = Promise.resolve();

/**
 * Settles as *result*, which other threads compute, once all that were asked for before have theirs.
 *
 * @template T
 * @param {Promise<T>} result
 * @returns {Promise<T>}
 */
export function computing(result) {
  computations += 1;
  const before = lastComputed;
  const given = inTurn(result, before);
  lastComputed = given.then(() => {}, () => {});
  return given.then((found) => found); // one that nobody catches is told as such
}

/**
 * @template T
 * @param {Promise<T>} result
 * @param {Promise<unknown>} before
 */
async function inTurn(result, before) {
  try {
    return await result;
  } finally {
    await before;
    computations -= 1;
    moved();
  }
}

/** Whether other threads compute for the rule. */
export function isComputing() {
  return computations > 0;
}

/** The rule was given something, and does what it does upon that. */
export function moved() {
  isMoving = true;
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
  return isInPhase && line.length === 0;
}

/** Whether the rule has taken all its steps, and nothing waits for that. */
export function isAtRest() {
  return !isMoving && !isResting && computations === 0;
}

/**
 * Call *give*, in the context of now, once the rule has taken its steps and all is given that came before.
 *
 * @param {() => void} give
 */
export function whenAtRest(give) {
  const context = getAsyncContext();
  line.push(() => {
    const before = getAsyncContext();
    setAsyncContext(context);
    try {
      give();
    } finally {
      setAsyncContext(before);
    }
  });
  if (!isResting) void rest();
}

async function rest() {
  isResting = true;
  while (line.length > 0) {
    while (isMoving || computations > 0) {
      isMoving = false;
      await lastComputed;
      await steps();
    }
    line.shift()?.();
  }
  isResting = false;
}
