// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/common_js.js: change that, and run `make sdk`.
/** A rule's text as CommonJS, or as the one function expression that it is. */

import { MAIN, moduleAt } from "./module_object.js";
import { source } from "./source.js";

/** @import { RuleFunction } from "./frames.d.ts" */
/** @typedef {{ require: unknown, __filename: string, __dirname: string }} Given  The free names of such a file. */

export const IS_MODULE =
  /^[ \t]*(?:export\s+(?:default|const|let|var|function|class|async|\{|\*)|import\s*(?:[\w$*{"']))/m;
/** How V8 says that a text is a module: it is its parser that knows. */
const MODULE_ONLY =
  /import statement outside a module|token 'export'|'import\.meta' outside a module|^await is only valid/;
/** What a module has in it that wants more than modules have. */
export const COMMON_JS = /\brequire\b|\bmodule\.exports\b|\bexports\.[\w$]+\s*=|\b__(?:file|dir)name\b/;
/** What may follow a function expression that is a whole file, and would not within parentheses. */
const END_OF_EXPRESSION = /;(?:\s|\/\/.*|\/\*[^]*?\*\/)*$/;
/** What may stand before such an expression: comments, and directives such as `'use strict'`. */
const BEFORE_EXPRESSION = /^(?:\s|\ufeff|\/\/.*|\/\*[^]*?\*\/|(["'])use [\w ]+\1[ \t]*;?)*/;
const COMMENTS = /\/\/.*|\/\*[^]*?\*\//g;

/**
 * CommonJS in sloppy mode: the text as statements, which may return the function as webtasks did, else as one expression
 * that is the function itself. What it exports comes in an object, because `await` would look for a `then` in it. Null if
 * it does not parse.
 *
 * @param {string} script
 * @param {RuleFunction | SyntaxError} statements
 * @param {Given} names
 * @returns {{ exported: any } | null}
 */
export function evaluate(script, statements, names) {
  const module = { ...moduleAt(names.__filename, MAIN), require: names.require };
  const untouched = module.exports;
  /** @type {any[]} */
  const given = [module, untouched, names.require, names.__filename, names.__dirname];
  if (typeof statements === "function") {
    const result = statements.apply(untouched, given);
    if (typeof result === "function") return { exported: result };
    if (module.exports !== untouched || Object.keys(untouched).length > 0) return { exported: module.exports };
  }
  const [before = ""] = script.match(BEFORE_EXPRESSION) ?? [];
  const bare = before.replace(/[^\r\n]/g, " ") + script.slice(before.length).replace(END_OF_EXPRESSION, "");
  const isStrict = /use strict/.test(before.replace(COMMENTS, ""));
  const expression = compile(bare, isStrict ? "'use strict';return " : "return ");
  if (typeof expression === "function") return { exported: expression(...given) };
  if (typeof statements === "function") return { exported: module.exports };
  return null;
}

/**
 * The text as a function's body. It begins in the first line, so that line numbers stay the file's own.
 *
 * @param {string} script
 * @param {string} prefix
 * @returns {RuleFunction | SyntaxError}
 */
export function compile(script, prefix) {
  const before = `(function (module, exports, require, __filename, __dirname) {${prefix && `${prefix}(`}`;
  const body = prefix ? `${script}\n)` : script;
  try {
    const compiled = (0, eval)(`${before}${body}\n})\n//# sourceURL=${source.file}`);
    source.indent = before.length;
    return compiled;
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/**
 * Whether a text that is no function's body is an ES module: the parser says so, or a line reads like one.
 *
 * @param {string} text
 * @param {SyntaxError} error
 */
export function isModule(text, error) {
  return MODULE_ONLY.test(error.message) || IS_MODULE.test(text);
}
