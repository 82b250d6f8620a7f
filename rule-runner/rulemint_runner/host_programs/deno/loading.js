/** A rule's text → a rule: what it is follows from what it exports. */

import { defineRefusals } from "./errors.js";
import { otherTriggerOf } from "./other_triggers.js";
import { isFirstAction, parametersOf } from "./parameters.js";
import { moduleOf, moduleOrRuleOf, ruleOf, webtaskOf } from "./rule.js";
import { source, withFileName } from "./source.js";
import { catchStrayErrors } from "./strays.js";

/** @import { LoadFrame, Rule, RuleFunction } from "./frames.d.ts" */

/** The text does not parse or exports no function. */
export class NotARule extends Error {
  /** @override */
  name = "SyntaxError";
}

const IS_MODULE = /^[ \t]*(?:export\s+(?:default|const|let|var|function|class|async|\{|\*)|import\s*(?:[\w$*{"']))/m;
/** How V8 says that a text is a module: it is its parser that knows. */
const MODULE_ONLY =
  /import statement outside a module|token 'export'|'import\.meta' outside a module|^await is only valid/;
/** What a text has in it that asks for a module of Node's, or of a package. */
const NODE = /require|import|\bfrom\b|process/i;
const COMMON_JS = /\brequire\b|\bmodule\.exports\b|\bexports\.[\w$]+\s*=|\b__(?:file|dir)name\b/;
/** What may follow a function expression that is a whole file, and would not within parentheses. */
const END_OF_EXPRESSION = /;(?:\s|\/\/.*|\/\*[^]*?\*\/)*$/;

/** The rule's own `require`; undefined if its text has none. @type {((specifier: string) => any) | undefined} */
let requireFromRule;

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
  defineProto();
  if (load.packages !== null || NODE.test(load.script)) {
    const modules = await import("./modules.js"); // most rules need nothing of Node's
    await modules.definePackages(load.packages, load.script);
    requireFromRule = modules.requireFromRule;
  }
  const script = load.script.replace(/^\ufeff?#!/, "//");
  if (load.language === "typescript" && IS_MODULE.test(script)) return await fromModule(load);
  const text = load.language === "typescript" ? await typesOff(script) : script;
  const statements = compile(text, "");
  if (typeof statements === "function" || !isModule(text, statements)) {
    return ruleFrom((await evaluate(text, statements)).exported, load, "module.exports");
  }
  return await fromModule(load);
}

/** @param {LoadFrame} load */
async function fromModule(load) {
  return ruleFrom((await importModule(load)).exported, load, "export default");
}

/**
 * Whether a text that is no function's body is an ES module: the parser says so, or a line reads like one.
 *
 * @param {string} text
 * @param {SyntaxError} error
 */
function isModule(text, error) {
  return MODULE_ONLY.test(error.message) || IS_MODULE.test(text);
}

/**
 * The rule that *exported* is, or has: an action by its name, else a function, whose parameters say which form it is.
 *
 * @param {any} exported
 * @param {LoadFrame} load
 * @param {string} name
 * @returns {Promise<Rule>}
 */
async function ruleFrom(exported, load, name) {
  const action = propertyOf(exported, "onExecuteCredentialsExchange");
  if (typeof action === "function") {
    const { actionOf } = await import("./action.js"); // as above: only actions pay for it
    return actionOf(action, load);
  }
  const rule = typeof exported === "function" ? exported : propertyOf(exported, "default");
  const other = otherTriggerOf(exported, rule);
  if (other !== null) throw new NotARule(other);
  if (typeof rule !== "function") {
    const found = name === "module.exports" ? exported : rule;
    throw new NotARule(`the file exports no function: ${name} must be one, it is ${typeof found}`);
  }
  if (isFirstAction(rule)) return (await import("./action.js")).firstActionOf(rule, load);
  const webtask = webtaskOf(rule, load);
  if (webtask !== null) return webtask;
  const { isKnown, count, takesMore, readsArguments } = parametersOf(rule);
  if (rule === exported || count > 2) return ruleOf(rule, load);
  return isKnown && !takesMore && !readsArguments ? moduleOf(rule, load) : moduleOrRuleOf(rule, load);
}

/**
 * A proxy may refuse to show what it has.
 *
 * @param {any} exported
 * @param {string} name
 */
function propertyOf(exported, name) {
  try {
    return exported?.[name];
  } catch {
    return undefined;
  }
}

/**
 * An ES module, imported from its text; types are stripped by Deno. What webtasks said with `'use latest'` holds here:
 * a module may `require`, and assign to `module.exports` instead of exporting.
 *
 * @param {LoadFrame} load
 */
async function importModule(load) {
  source.url = urlOf(load.script, load.language);
  /** @type {{ exports: any }} */
  const module = { exports: {} };
  if (COMMON_JS.test(load.script)) {
    Object.assign(globalThis, { require: requireFromRule, module, exports: module.exports, ...place() });
  }
  try {
    const exported = await import(source.url);
    return { exported: Object.keys(exported).length > 0 ? exported : module.exports };
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("SyntaxError")) throw new NotARule(parserSays(error));
    throw error;
  }
}

/**
 * CommonJS in sloppy mode: the text as statements, which may return the function as webtasks did, else as one expression
 * that is the function itself. What it exports comes in an object: whoever awaits it should not look for a `then` in it.
 *
 * @param {string} script
 * @param {RuleFunction | SyntaxError} statements
 */
async function evaluate(script, statements) {
  /** @type {{ exports: any }} */
  const module = { exports: {} };
  const untouched = module.exports;
  const { __filename, __dirname } = place();
  /** @type {any[]} */
  const given = [module, untouched, requireFromRule, __filename, __dirname];
  if (typeof statements === "function") {
    const result = statements.apply(untouched, given);
    if (typeof result === "function") return { exported: result };
    if (module.exports !== untouched || Object.keys(untouched).length > 0) return { exported: module.exports };
  }
  const expression = compile(script.replace(END_OF_EXPRESSION, ""), "return ");
  if (typeof expression === "function") return { exported: expression(...given) };
  if (typeof statements === "function") return { exported: module.exports };
  throw new NotARule(await locate(script) ?? statements.message);
}

/** Where the rule's file would be; there is no such folder. */
function place() {
  return { __filename: `/${source.file}`, __dirname: "/" };
}

/**
 * The text as a function's body. It begins in the first line, so that line numbers stay the file's own.
 *
 * @param {string} script
 * @param {string} prefix
 * @returns {RuleFunction | SyntaxError}
 */
function compile(script, prefix) {
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
 * Where a text does not parse, in words: V8 says only that it does not, Deno's own parser says where.
 *
 * @param {string} script
 */
async function locate(script) {
  source.url = urlOf(`${AROUND}${script}\n})`, "javascript");
  try {
    await import(source.url);
  } catch (error) {
    return withoutAround(parserSays(/** @type {Error} */ (error)));
  }
  return null;
}

/** What stands before a text that is no module while Deno's parser reads it: such a text may return. */
const AROUND = "(function () {";

/**
 * What the parser says of the first line, as if nothing stood before it: the line, the mark below it, and the column.
 *
 * @param {string} said
 */
function withoutAround(said) {
  const shown = `1 | ${AROUND}`;
  if (!said.includes(shown)) return said;
  const mark = new RegExp(`^( *\\| ) {${AROUND.length}}( *[~^])`, "m");
  const columns = new RegExp(`(?<=${RegExp.escape(source.file)}:1:)\\d+`, "g");
  return said
    .replace(shown, "1 | ")
    .replace(mark, "$1$2")
    .replace(columns, (column) => String(Math.max(1, Number(column) - AROUND.length)));
}

/** @param {Error} error */
function parserSays(error) {
  return withFileName(error.message).replace(/^SyntaxError: /, "");
}

/** Give objects back the property that Deno takes away, and that old packages assign to. */
function defineProto() {
  const { getPrototypeOf, setPrototypeOf } = Object;
  Object.defineProperty(Object.prototype, "__proto__", {
    configurable: true,
    get() {
      return getPrototypeOf(Object(this));
    },
    set(prototype) {
      if (typeof prototype !== "object" && typeof prototype !== "function") return;
      if (typeof this === "object" || typeof this === "function") setPrototypeOf(this, prototype);
    },
  });
}

/** @param {string} script */
async function typesOff(script) {
  const { fromTypeScript } = await import("./typescript.js");
  try {
    return fromTypeScript(script);
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
