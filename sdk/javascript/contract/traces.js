// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/traces.js: change that, and run `make sdk`.
/** Where a rule does what an explanation names. Nobody hears it in a host that serves. */

/** @typedef {"claim" | "scope" | "removed scope" | "answer"} Deed */

/** @typedef {(deed: Deed, name: string, before: unknown, error: unknown) => void} Listener */

/** @type {Listener | null} */
let hear = null;

/** @param {Listener} listener */
export function hearTraces(listener) {
  hear = listener;
}

/**
 * The rule does this now, to what was *before*; or by an *error*.
 *
 * @param {Deed} deed
 * @param {string} [name]
 * @param {unknown} [before]
 * @param {unknown} [error]
 */
export function trace(deed, name = "", before = undefined, error = undefined) {
  hear?.(deed, name, before, error);
}
