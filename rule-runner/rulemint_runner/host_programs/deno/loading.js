/** A rule's text → a rule: what it is follows from what it exports. */

import { defineRefusals } from "./errors.js";
import { definePackages, nodeModule, requireFromRule } from "./modules.js";
import { catchStrayErrors, moduleOf, ruleOf, webtaskOf } from "./rule.js";
import { source, withFileName } from "./source.js";

/** @import { LoadFrame, Rule, RuleFunction } from "./frames.d.ts" */

/** The text does not parse or exports no function. */
export class NotARule extends Error {
  /** @override */
  name = "SyntaxError";
}

const IS_MODULE = /^[ \t]*(?:export\s+(?:default|const|let|var|function|class|async|\{|\*)|import\s*(?:[\w$*{"']))/m;

/**
 * Load the rule of `load`.
 *
 * Throws `NotARule` for a text that is none, and whatever the text itself throws while it is loaded.
 *
 * @param {LoadFrame} load
 * @returns {Promise<Rule>}
 */
export async function loadRule(load) {
  source.file = load.file;
  source.resultBytes = load.result_bytes;
  defineRefusals();
  catchStrayErrors();
  await definePackages(load.packages, load.script);
  const { secrets } = load;
  if (IS_MODULE.test(load.script)) {
    const rule = expectFunction((await importModule(load)).default, "export default");
    return rule.length >= 3 ? ruleOf(rule, secrets) : moduleOf(rule, secrets);
  }
  const rule = expectFunction(await evaluate(load), "module.exports");
  return rule.length === 2 ? webtaskOf(rule, secrets) : ruleOf(rule, secrets);
}

/**
 * @param {unknown} exported
 * @param {string} name
 * @returns {RuleFunction}
 */
function expectFunction(exported, name) {
  if (typeof exported === "function") return /** @type {RuleFunction} */ (exported);
  throw new NotARule(`the file exports no function: ${name} must be one, it is ${typeof exported}`);
}

/**
 * An ES module, imported from its text; types are stripped by Deno.
 *
 * @param {LoadFrame} load
 */
async function importModule(load) {
  source.url = urlOf(load.script, load.language);
  try {
    return await import(source.url);
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("SyntaxError")) throw new NotARule(parserSays(error));
    throw error;
  }
}

/**
 * CommonJS in sloppy mode: the text as statements, else as one expression that is the function itself.
 *
 * @param {LoadFrame} load
 */
async function evaluate(load) {
  const script = load.language === "typescript" ? stripTypes(load.script) : load.script;
  /** @type {{ exports: any }} */
  const module = { exports: {} };
  const untouched = module.exports;
  const statements = compile(script, "");
  if (typeof statements === "function") {
    statements(module, module.exports, requireFromRule);
    if (module.exports !== untouched) return module.exports;
    if (Object.keys(untouched).length > 0) return untouched.default ?? untouched;
  }
  const expression = compile(script.replace(/;\s*$/, ""), "return ");
  if (typeof expression === "function") return expression(module, module.exports, requireFromRule);
  if (typeof statements === "function") return module.exports;
  throw new NotARule(await locate(script) ?? statements.message);
}

/**
 * The text as a function's body. It begins in the first line, so that line numbers stay the file's own.
 *
 * @param {string} script
 * @param {string} prefix
 * @returns {RuleFunction | SyntaxError}
 */
function compile(script, prefix) {
  const body = prefix ? `${prefix}(${script}\n)` : script;
  try {
    return (0, eval)(`(function (module, exports, require) {${body}\n})\n//# sourceURL=${source.file}`);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/**
 * Where a text does not parse, in words: V8 says only that it does not, Deno's own parser says where.
 *
 * @param {string} script
 */
async function locate(script) {
  source.url = urlOf(`(function () {${script}\n})`, "javascript");
  try {
    await import(source.url);
  } catch (error) {
    return parserSays(/** @type {Error} */ (error));
  }
  return null;
}

/** @param {Error} error */
function parserSays(error) {
  return withFileName(error.message).replace(/^SyntaxError: /, "");
}

/** @param {string} script */
function stripTypes(script) {
  try {
    return nodeModule("node:module").stripTypeScriptTypes(script);
  } catch (error) {
    throw new NotARule(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} script
 * @param {string} language
 */
function urlOf(script, language) {
  let binary = "";
  for (const byte of new TextEncoder().encode(script)) binary += String.fromCharCode(byte);
  return `data:application/${language};base64,${btoa(binary)}`;
}
