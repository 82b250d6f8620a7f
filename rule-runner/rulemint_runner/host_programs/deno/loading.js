/** A rule's text → a rule. */

import { COMMON_JS, compile, evaluate, IS_MODULE, isModule } from "./common_js.js";
import { defineRefusals } from "./errors.js";
import { NotARule, ruleFrom } from "./forms.js";
import { source, urlOf } from "./source.js";
import { catchStrayErrors } from "./strays.js";

/** @import { LoadFrame, Rule } from "./frames.d.ts" */

/** What a text has in it that asks for a module of Node's, or of a package. */
const NODE = /require|import|\bfrom\b|process/i;

/** `import x = require('y')` and `export =` of TypeScript. */
const ASSIGNS = /^[ \t]*(?:import\s+[\w$]+\s*=\s*require\b|export\s*=(?!=))/m;
/** A decorator of a class, or of a member of one. */
const DECORATOR = /(?:^|[{};])[ \t]*@[\w$]/m;
const DECORATORS = "\ndecorators are TypeScript's: make this a rule in TypeScript, or call the function that decorates";

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
  const isTyped = load.language === "typescript";
  if (isTyped && ASSIGNS.test(load.script)) {
    const { inCommonJS } = await import("./typescript.js");
    load = { ...load, script: inCommonJS(load.script) };
  }
  const script = load.script.replace(/^\ufeff?#!/, "//");
  if (isTyped && IS_MODULE.test(script)) return await fromModule(load);
  const text = isTyped ? await typesOff(script) : script;
  const statements = compile(text, "");
  if (typeof statements !== "function") {
    if (isModule(text, statements) || (isTyped && DECORATOR.test(text))) return await fromModule(load);
  }
  const evaluated = evaluate(text, statements, { require: requireFromRule, ...place() });
  if (evaluated !== null) return ruleFrom(evaluated.exported, load, "module.exports");
  const advice = DECORATOR.test(text) ? DECORATORS : "";
  const { faultOfStatements } = await import("./parsing.js");
  throw new NotARule((await faultOfStatements(text) ?? /** @type {SyntaxError} */ (statements).message) + advice);
}

/** @param {LoadFrame} load */
async function fromModule(load) {
  if (load.trace && load.language === "typescript") load = await untyped(load);
  return ruleFrom((await importModule(load)).exported, load, "export default");
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
    const { faultOfModule, inPlainWords, isOfItsText } = await import("./parsing.js");
    if (!isOfItsText(error)) throw error;
    const said = inPlainWords(/** @type {Error} */ (error).message);
    throw new NotARule(await faultOfModule(load.script) ?? said);
  }
}

/** Where the rule's file would be; there is no such folder. */
function place() {
  return { __filename: `/${source.file}`, __dirname: "/" };
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

/**
 * *load* without types, as far as that can be: its places can be told, and those of what Deno makes of it cannot.
 *
 * @param {LoadFrame} load
 * @returns {Promise<LoadFrame>}
 */
async function untyped(load) {
  try {
    return { ...load, script: await typesOff(load.script), language: "javascript" };
  } catch {
    return load;
  }
}

/** @param {string} script */
async function typesOff(script) {
  const { fromTypeScript } = await import("./typescript.js");
  try {
    return fromTypeScript(script);
  } catch (error) {
    const { inPlainWords } = await import("./parsing.js");
    throw new NotARule(inPlainWords(/** @type {Error} */ (error).message));
  }
}
