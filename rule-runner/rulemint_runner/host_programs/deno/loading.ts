/** A rule's text → a rule: what it is follows from what it exports. */

import type { LoadFrame } from "./frames.ts";
import { defineRefusals } from "./errors.ts";
import { catchStrayErrors, moduleOf, Rule, RuleFunction, ruleOf, webtaskOf } from "./rule.ts";
import { source, withFileName } from "./source.ts";

/** The text does not parse or exports no function. */
export class NotARule extends Error {
  override name = "SyntaxError";
}

interface CommonModule {
  exports: unknown;
}
interface NodeProcess {
  getBuiltinModule(name: string): unknown;
}

const IS_MODULE = /^[ \t]*(?:export\s+(?:default|const|let|var|function|class|async|\{|\*)|import\s*(?:[\w$*{"']))/m;
const { process } = globalThis as unknown as { process: NodeProcess };

/**
 * Load the rule of `load`.
 *
 * Throws `NotARule` for a text that is none, and whatever the text itself throws while it is loaded.
 */
export async function loadRule(load: LoadFrame): Promise<Rule> {
  defineRefusals();
  source.file = load.file;
  catchStrayErrors();
  const { secrets } = load;
  if (IS_MODULE.test(load.script)) {
    const exported = (await importModule(load)).default;
    const rule = expectFunction(exported, "export default");
    return rule.length >= 3 ? ruleOf(rule, secrets) : moduleOf(rule, secrets);
  }
  const rule = expectFunction(await evaluate(load), "module.exports");
  return rule.length === 2 ? webtaskOf(rule, secrets) : ruleOf(rule, secrets);
}

function expectFunction(exported: unknown, name: string): RuleFunction {
  if (typeof exported !== "function") {
    throw new NotARule(`the file exports no function: ${name} must be one, it is ${typeof exported}`);
  }
  return exported as RuleFunction;
}

/** An ES module, imported from its text; types are stripped by Deno. */
async function importModule(load: LoadFrame): Promise<Record<string, unknown>> {
  source.url = urlOf(load.script, load.language);
  try {
    return await import(source.url);
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("SyntaxError")) {
      throw new NotARule(withFileName(error.message).replace(/^SyntaxError: /, ""));
    }
    throw error;
  }
}

/** CommonJS in sloppy mode: the text as statements, else as one expression that is the function itself. */
async function evaluate(load: LoadFrame): Promise<unknown> {
  const script = load.language === "typescript" ? stripTypes(load.script) : load.script;
  const module: CommonModule = { exports: {} };
  const untouched = module.exports;
  const statements = compile(script, "");
  if (typeof statements === "function") {
    statements(module, module.exports, requireBuiltin);
    const { exports } = module;
    if (exports !== untouched) return exports;
    const named = (exports as Record<string, unknown>).default;
    if (named !== undefined) return named;
  }
  const expression = compile(script.replace(/;\s*$/, ""), "return ");
  if (typeof expression === "function") return expression(module, module.exports, requireBuiltin);
  if (typeof statements === "function") return module.exports;
  throw new NotARule(await locate(script) ?? statements.message);
}

/** The text as a function's body. It begins in the first line, so that line numbers stay the file's own. */
function compile(script: string, prefix: string): RuleFunction | SyntaxError {
  const body = prefix ? `${prefix}(${script}\n)` : script;
  try {
    return (0, eval)(`(function (module, exports, require) {${body}\n})\n//# sourceURL=${source.file}`);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** Where a text does not parse, in words: V8 says only that it does not, Deno's own parser says where. */
async function locate(script: string): Promise<string | null> {
  source.url = urlOf(`(function () {${script}\n})`, "javascript");
  try {
    await import(source.url);
  } catch (error) {
    return withFileName((error as Error).message).replace(/^SyntaxError: /, "");
  }
  return null;
}

function stripTypes(script: string): string {
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module") as {
    stripTypeScriptTypes(text: string): string;
  };
  try {
    return stripTypeScriptTypes(script);
  } catch (error) {
    throw new NotARule((error as Error).message);
  }
}

function requireBuiltin(name: string): unknown {
  const found = process.getBuiltinModule(name);
  if (found === undefined) throw new Error(`require("${name}"): a rule may require Node's own modules only`);
  return found;
}

function urlOf(script: string, language: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(script)) binary += String.fromCharCode(byte);
  return `data:application/${language};base64,${btoa(binary)}`;
}
