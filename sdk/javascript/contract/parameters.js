// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/parameters.js: change that, and run `make sdk`.
/** What a function takes, by its text: `length` stops at the first parameter with a default, and knows no rest. */

/** @import { RuleFunction } from "./frames.d.ts" */
/**
 * `isKnown`: its text names them, and its `length` agrees; it cannot be known of a bound function or a proxy. `names`: of
 * the parameters, as they are written, without a rest. `takesMore`: than it names, by a rest parameter or by place;
 * `readsArguments`: it may, if it is not another function within that does.
 *
 * @typedef {{ isKnown: boolean, names: string[], count: number, takesMore: boolean, readsArguments: boolean }} Parameters
 * @typedef {{ name: string, isOptional: boolean }} Parameter
 */

/** What may stand before the parentheses of a list of parameters. */
const HEAD = /^(?:async\b)?\s*(?:function\b)?[\s*]*[^\s(=]*\s*\(/;
/** The one parameter of an arrow function may stand without them. */
const ALONE = /^(?:async\s+)?([^\s()[\]{},=*]+)\s*=>/;
/** What is skipped: comments, and texts, in which a bracket or a comma means nothing. */
const SKIPPED = /\/\/.*|\/\*[^]*?\*\/|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`(?:\\[^]|[^`\\])*`/g;
const CALLBACK = /^(?:cb|callback|done|next)$/;
const RESPONSE = /^_?res(?:ponse)?$/;
/** How the text of a function ends whose own text the engine does not show. */
const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
const { toString } = Function.prototype;

/**
 * The parameters of `rule`. Of a function whose text cannot be read, such as a bound one, there are as many as its
 * `length`, and perhaps more.
 *
 * @param {RuleFunction} rule
 * @returns {Parameters}
 */
export function parametersOf(rule) {
  const text = textOf(rule);
  const found = NATIVE.test(text) ? null : parametersIn(text);
  if (found === null || lengthBy(found) !== lengthOf(rule)) {
    return { isKnown: false, names: [], count: lengthOf(rule), takesMore: false, readsArguments: false };
  }
  const names = found.map(({ name }) => name);
  const isRest = names.at(-1)?.startsWith("...") ?? false;
  if (isRest) names.pop();
  return {
    isKnown: true,
    names,
    count: names.length,
    takesMore: isRest || /\barguments\s*\[\s*4\s*\]/.test(text),
    readsArguments: /\barguments\b/.test(toString.call(rule)),
  };
}

/**
 * The `length` of a function with these parameters: it stops at the first with a default, and at a rest.
 *
 * @param {Parameter[]} found
 */
function lengthBy(found) {
  const stop = found.findIndex(({ name, isOptional }) => isOptional || name.startsWith("..."));
  return stop === -1 ? found.length : stop;
}

/** @param {RuleFunction} rule */
function lengthOf(rule) {
  try {
    const { length } = rule;
    return Number.isInteger(length) && length > 0 ? length : 0;
  } catch {
    return 0;
  }
}

/**
 * Whether `rule` is a webtask, and which: of its callback alone, of its context and the callback, or of its context, a
 * request and a response. The one parameter of the first is told from a client by its name, or by being called.
 *
 * @param {RuleFunction} rule
 * @returns {"callback" | "context" | "response" | null}
 */
export function webtaskFormOf(rule) {
  const { names, count, takesMore } = parametersOf(rule);
  if (takesMore) return null; // of a function that cannot be read there are no names, and two parameters are two
  if (count === 2) return "context";
  if (count === 3 && RESPONSE.test(names[2] ?? "")) return "response";
  const [name] = names;
  if (name === undefined || count !== 1 || !/^[\w$]+$/.test(name)) return null;
  const isCalled = new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}\\s*\\(`);
  const body = textOf(rule).replace(HEAD, "");
  return CALLBACK.test(name) || isCalled.test(body) ? "callback" : null;
}

/**
 * Whether `rule` is an action of the trigger's first version, `(event, context)`: told from a webtask by its names.
 *
 * @param {RuleFunction} rule
 */
export function isFirstAction(rule) {
  const { names, count, takesMore } = parametersOf(rule);
  return names[0] === "event" && count <= 2 && !takesMore && !CALLBACK.test(names[1] ?? "");
}

/** @param {RuleFunction} rule */
function textOf(rule) {
  return toString.call(rule).replace(SKIPPED, (skipped) => skipped.startsWith("/") ? " " : "_");
}

/**
 * The parameters that a function's text begins with; null if it begins otherwise.
 *
 * @param {string} text
 * @returns {Parameter[] | null}
 */
function parametersIn(text) {
  const alone = text.match(ALONE)?.[1];
  if (alone !== undefined) return [{ name: alone, isOptional: false }];
  const head = text.match(HEAD)?.[0];
  if (head === undefined) return null;
  const found = [{ name: "", isOptional: false }];
  let depth = 1;
  for (const character of text.slice(head.length)) {
    if (character === "/") return null; // a regular expression: what is a bracket or a comma in it cannot be told
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (depth === 0) return found.map(trimmed).filter(({ name }) => name !== "");
    const last = found[found.length - 1];
    if (depth === 1 && character === ",") found.push({ name: "", isOptional: false });
    else last.name += character;
    if (depth === 1 && character === "=") last.isOptional = true;
  }
  return null;
}

/** @param {Parameter} parameter */
function trimmed({ name, isOptional }) {
  return { name: name.trim(), isOptional };
}
