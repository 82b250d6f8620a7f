/** Errors that nobody caught, told to the invocation that caused them: they answer it, or are lines of its log. */

import { describe, thrown } from "./answers.js";
import { writeLine } from "./capture.js";
import { refusalOfThrown } from "./errors.js";
import { current, starter, within } from "./invocation.js";

/** @import { Invocation } from "./invocation.js" */

/** What a timer threw last, and whose it is: Deno has left its context by the time that it reports the error. */
let lastThrown = {
  error: /** @type {unknown} */ (undefined),
  invocation: /** @type {Invocation | undefined} */ (undefined),
};

/** Catch what a rule throws outside of its call: in a timer, or in a promise that nobody awaits. */
export function catchStrayErrors() {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    const { error, invocation } = lastThrown;
    const isIt = error !== undefined && error === event.error;
    lastThrown = { error: undefined, invocation: undefined };
    tell(event.error, isIt ? invocation : starter());
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    tell(event.reason, starter());
  });
}

/**
 * Call *work* in the name of whoever *invocation* is, and note that what it throws is that one's.
 *
 * @template T
 * @param {Invocation | undefined} invocation
 * @param {() => T} work
 * @returns {T}
 */
export function noting(invocation, work) {
  try {
    return work();
  } catch (error) {
    lastThrown = { error, invocation };
    throw error;
  }
}

/**
 * What no invocation started fails none: it is a line, unless it is a refusal, which is always heard.
 *
 * @param {unknown} error
 * @param {Invocation | undefined} invocation
 */
export function tell(error, invocation) {
  const refuses = refusalOfThrown(error) !== null;
  const whose = invocation ?? (refuses ? current() : null);
  if (whose === null || whose === undefined) return writeLine("error", `nobody caught: ${describe(error)}`);
  if (whose.answer(thrown(error))) return;
  if (refuses && !whose.isOver) whose.refusal ??= thrown(error);
  within(whose, () => writeLine("warn", `after its answer the rule threw: ${describe(error)}`));
}
