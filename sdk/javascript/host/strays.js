/** Errors that nobody caught, told to the run that caused them: they answer it, or are lines of its log. */

import { describe, thrown } from "../contract/answers.js";
import { refusalOfThrown } from "../contract/errors.js";
import { writeLine } from "./capture.js";
import { within } from "./invocation.js";

/** @import { Invocation } from "./invocation.js" */

/**
 * @param {unknown} error
 * @param {Invocation} whose
 */
export function tell(error, whose) {
  if (whose.answer(thrown(error))) return;
  if (refusalOfThrown(error) !== null && !whose.isOver) whose.refusal ??= thrown(error);
  within(whose, () => writeLine("warn", `after its answer the rule threw: ${describe(error)}`));
}
