// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/module_object.js: change that, and run `make sdk`.
/**
 * What a file of CommonJS knows of itself, as Node has it: many look whether they are the main program, or who asked for
 * them. No file of a rule or a package is the main program; that would be who runs the rule.
 */

/**
 * @typedef {{
 *   id: string, path: string, exports: any, filename: string, loaded: boolean, parent: Module | null,
 *   children: Module[], paths: string[], require?: unknown,
 * }} Module
 */

export const MAIN_FILE = "/main.js";
/** `require.main`, and what every module names as its parent. */
export const MAIN = { ...moduleAt(MAIN_FILE), id: ".", loaded: true };

/**
 * @param {string} filename
 * @param {Module | null} [parent]
 * @returns {Module}
 */
export function moduleAt(filename, parent = null) {
  const path = filename.slice(0, filename.lastIndexOf("/")) || "/";
  return { id: filename, path, exports: {}, filename, loaded: false, parent, children: [], paths: [] };
}
