/** Where a check or a trial says that a rule's text is wrong. */

/**
 * @param {{ load: import("../api/trials.js").Load | null, trial: import("../api/trials.js").Trial | null }} found
 *   `trial`: on the inputs that are shown; null of each: nobody has asked
 * @returns {{ line: number | null, column: number | null, message: string, loads: boolean } | null}
 *   null: nothing is wrong; `loads` is false if no host would take the text
 */
export function problemIn({ load, trial }) {
  if (load?.error) return { ...placeOf(load.error), message: load.error.message, loads: false };
  if (!trial?.error || !trial.outcome.startsWith("failed:")) return null;
  const loads = trial.outcome !== "failed:syntax";
  const message = loads ? `With these inputs: ${trial.error.message}` : trial.error.message;
  return { ...placeOf(trial.error), message, loads };
}

/** @param {import("../api/trials.js").Fault} error */
const placeOf = ({ line, column }) => ({ line, column });

/**
 * @param {string} text
 * @param {ReturnType<typeof problemIn>} problem
 * @param {(text: string, line: number, column?: number) => number} offsetOf
 * @returns {import("../components/code/editor.js").Diagnostic[]}
 */
export function diagnosticsOf(text, problem, offsetOf) {
  if (!problem) return [];
  const from = offsetOf(text, problem.line ?? 1, problem.column ?? 1);
  const word = /^[\w$]+|^./.exec(text.slice(from))?.[0].length ?? 0;
  const lineEnd = text.indexOf("\n", from) < 0 ? text.length : text.indexOf("\n", from);
  const to = problem.line === null ? lineEnd : Math.max(from, Math.min(from + word, lineEnd));
  return [{
    from: to === from ? Math.max(0, from - 1) : from,
    to,
    severity: problem.loads ? "warning" : "error",
    message: problem.message,
  }];
}
