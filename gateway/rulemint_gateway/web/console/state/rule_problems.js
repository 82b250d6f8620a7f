/** Where a trial says that a rule's text is wrong. */

/** An import that nothing fulfils, which the hosts of both languages tell in these words. */
const MISSING = /to the rule's dependencies/;

/**
 * @param {import("../api/trials.js").Trial} trial
 * @param {{ own: boolean }} of `own`: tried on the inputs that are shown, so what it throws counts too
 * @returns {{ line: number | null, column: number | null, message: string, loads: boolean } | null}
 *   null: nothing is wrong; `loads` is false if no host would take the text
 */
export function problemIn({ outcome, error }, { own }) {
  if (!error || !outcome.startsWith("failed:")) return null;
  const loads = outcome !== "failed:syntax" && !MISSING.test(error.message);
  if (loads && !own) return null; // it was given none of what it may use
  const message = loads ? `With these inputs: ${error.message}` : error.message;
  return { line: error.line, column: error.column, message, loads };
}

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
