// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/denial.js: change that, and run `make sdk`.
/** What an action of Auth0's says no by: `api.access.deny(code, reason)`, or the command of its first version. */

import { refusal } from "./answers.js";
import { writeLine } from "../host/capture.js";
import { textOf } from "./kinds.js";

/** @import { Answer } from "./frames.d.ts" */

const CODES = new Set(["invalid_scope", "invalid_request", "server_error", "access_denied"]);
const NO_REASON = "the rule refused the request";

/**
 * One argument alone is the reason, whatever it says; a code that OAuth does not know is one of access denied.
 *
 * @param {unknown} code
 * @param {unknown} reason
 */
export function denialOf(code, reason) {
  const name = textOf(code);
  const refusal = { code: "access_denied", plain: true };
  if (reason === undefined) return { refusal, message: code === undefined ? NO_REASON : name };
  if (CODES.has(name)) return { refusal: { code: name, plain: false }, message: textOf(reason) };
  writeLine("warn", `api.access.deny: ${name} is none of ${[...CODES].join(", ")}; the caller gets access_denied`);
  return { refusal, message: textOf(reason) };
}

/**
 * The refusal that a result of the trigger's first version asks for; null if it does not.
 *
 * @param {any} result
 * @returns {Answer | null}
 */
export function refusalOfCommand(result) {
  const command = result?.command;
  if (command?.type !== "deny") return null;
  const denial = denialOf(command.reason, command.message ?? NO_REASON);
  return refusal(denial.refusal, denial.message);
}
