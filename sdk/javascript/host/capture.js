/** What a rule says on the side: lines of the log of its run. */

import { withFileName } from "../contract/source.js";
import { current } from "./invocation.js";

/**
 * @param {"debug" | "info" | "warn" | "error"} level
 * @param {string} text
 */
export function writeLine(level, text) {
  current()?.runner.write(level, withFileName(text));
}
