/** A path, a text, a function or a module → what it exports, as a host would find it. */

import { existsSync, readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { basename, dirname, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe } from "../contract/answers.js";
import { COMMON_JS, compile, evaluate, isModule } from "../contract/common_js.js";
import { defineRefusals } from "../contract/errors.js";
import { NotARule, ruleFrom } from "../contract/forms.js";
import { parametersOf } from "../contract/parameters.js";
import { source } from "../contract/source.js";

/** @import { LoadFrame, Rule } from "../contract/frames.d.ts" */

const IS_PATH = /^[^\n]*\.(?:[cm]?[jt]s|py)$/;
const IS_DENO = "Deno" in globalThis;
let loads = 0;

defineRefusals();

/** A host could not load the rule: its text does not parse, threw an error, or exports no function. */
export class RuleNotLoadedError extends Error {
  /** @override */
  name = "RuleNotLoadedError";

  /** @param {{ reason: "syntax" | "exception", message: string }} failed */
  constructor(failed) {
    super(failed.message);
    this.failed = failed;
  }
}

/** A rule whose module lives as long as this object, as in a host. */
export class LoadedRule {
  #exported;
  #name;
  #place;

  /**
   * @param {any} exported
   * @param {string} name
   * @param {{ file: string, url: string, indent: number }} place
   */
  constructor(exported, name, place) {
    this.#exported = exported;
    this.#name = name;
    this.#place = place;
  }

  /** @param {string} text */
  inItsWords(text) {
    return inItsWords(text, this.#place);
  }

  /**
   * The rule as it is run with these secrets.
   *
   * @param {LoadFrame} load
   * @returns {Promise<Rule>}
   */
  async withInputs(load) {
    Object.assign(source, this.#place, { resultBytes: load.result_bytes });
    try {
      return await ruleFrom(this.#exported, load, this.#name);
    } catch (error) {
      throw notLoaded(error);
    }
  }
}

/**
 * Load *rule* once, for several runs that share its module.
 *
 * Throws `RuleNotLoadedError` if a host could not load it.
 *
 * @param {any} rule
 * @returns {Promise<LoadedRule>}
 */
export async function loadRule(rule) {
  if (rule instanceof LoadedRule) return rule;
  Object.assign(source, { file: "rule.js", url: "", indent: 0, original: null });
  if (typeof rule === "function") return loaded(exportOf(rule), "export default");
  if (typeof rule === "object" && rule !== null && !(rule instanceof URL)) return loaded(rule, "export default");
  if (typeof rule !== "string" && !(rule instanceof URL)) {
    throw new TypeError(`a rule is a path, a URL, a text, a function or a module, not a ${typeof rule}`);
  }
  const path = pathOf(rule);
  const text = path === null ? String(rule) : readFileSync(path, "utf8");
  source.file = path === null ? "rule.js" : basename(path);
  try {
    return await fromText(text, path);
  } catch (error) {
    throw notLoaded(error);
  }
}

/**
 * @param {string} text
 * @param {string | null} path
 */
async function fromText(text, path) {
  const script = (path?.endsWith("ts") ? withoutTypes(text) : text).replace(/^\ufeff?#!/, "//");
  const statements = compile(script, "");
  if (typeof statements !== "function" && isModule(script, statements)) {
    return loaded(await imported(script, path), "export default");
  }
  const file = path ?? resolve("rule.js");
  const require = nodeModule.createRequire(pathToFileURL(file));
  const evaluated = evaluate(script, statements, { require, __filename: file, __dirname: dirname(file) });
  if (evaluated === null) throw new NotARule(/** @type {SyntaxError} */ (statements).message);
  return loaded(evaluated.exported, "module.exports");
}

/**
 * An ES module: by its file where that can be, so that it finds its packages, and anew each time.
 *
 * @param {string} script
 * @param {string | null} path
 */
async function imported(script, path) {
  const inText = `data:text/javascript;base64,${Buffer.from(script).toString("base64")}`;
  if (COMMON_JS.test(script)) return await importedAsWebtask(inText, path);
  source.url = path === null || path.endsWith("ts") ? inText : `${pathToFileURL(path)}?load=${loads += 1}`;
  try {
    return await import(source.url);
  } catch (error) {
    if (!(error instanceof SyntaxError) || source.url === inText) throw syntaxOf(error);
    source.url = inText; // Node takes a .js file for CommonJS where no package.json says that it is a module
    return await import(source.url).catch((error) => {
      throw syntaxOf(error);
    });
  }
}

/**
 * A module as webtasks had it by `'use latest'`: while it is loaded it may `require`, and assign to `module.exports`.
 *
 * @param {string} url
 * @param {string | null} path
 */
async function importedAsWebtask(url, path) {
  const module = { exports: {} };
  const file = path ?? resolve("rule.js");
  const require = nodeModule.createRequire(pathToFileURL(file));
  const names = { require, module, exports: module.exports, __filename: file, __dirname: dirname(file) };
  source.url = url;
  Object.assign(globalThis, names);
  try {
    const exported = await import(url);
    return Object.keys(exported).length > 0 ? exported : module.exports;
  } catch (error) {
    throw syntaxOf(error);
  } finally {
    for (const name of Object.keys(names)) delete (/** @type {any} */ (globalThis))[name];
  }
}

/** @param {unknown} error */
function syntaxOf(error) {
  return error instanceof SyntaxError ? new NotARule(error.message) : error;
}

/**
 * @param {any} exported
 * @param {string} name
 */
function loaded(exported, name) {
  const { file, url, indent } = source;
  return new LoadedRule(exported, name, { file, url, indent });
}

/**
 * A function is what a module exports by default, unless it is an action by its name or its parameters.
 *
 * @param {any} rule
 */
function exportOf(rule) {
  const isAction = rule.name === "onExecuteCredentialsExchange" || parametersOf(rule).names[1] === "api";
  return isAction ? { onExecuteCredentialsExchange: rule } : { default: rule };
}

/** @param {string | URL} rule */
function pathOf(rule) {
  if (rule instanceof URL || rule.startsWith("file://")) return fileURLToPath(rule);
  if (!IS_PATH.test(rule) && !existsSync(rule)) return null;
  if (rule.endsWith(".py")) {
    throw new TypeError(`${rule} is no rule in JavaScript: test it with the kit for Python, sdk/python`);
  }
  return resolve(rule);
}

/** @param {string} text */
function withoutTypes(text) {
  const { stripTypeScriptTypes } = /** @type {any} */ (nodeModule);
  if (stripTypeScriptTypes === undefined) {
    throw new TypeError(`Node ${process.version} reads no TypeScript: use Node 22.13 or newer, or deno test`);
  }
  return quietly(() => stripTypeScriptTypes(text));
}

/**
 * Do *work* without Node's warning that it is experimental.
 *
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function quietly(work) {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * *text* with places as its author counts them: before a text in CommonJS stands what makes it a function, and Node's
 * stacks show such a text in other words than Deno's, which a host reads.
 *
 * @param {string} text
 * @param {{ file: string, indent: number }} place
 */
function inItsWords(text, { file, indent }) {
  if (IS_DENO || indent === 0) return text;
  const first = new RegExp(`(?<=(?:^|[\\s(])${file.replace(/\W/g, "\\$&")}:1:)\\d+`, "g");
  return text.replace(first, (column) => String(Math.max(1, Number(column) - indent)));
}

/** @param {unknown} error */
function notLoaded(error) {
  if (error instanceof TypeError && /reads no TypeScript/.test(error.message)) return error;
  const reason = error instanceof NotARule ? "syntax" : "exception";
  return new RuleNotLoadedError({ reason, message: inItsWords(describe(error), source) });
}
