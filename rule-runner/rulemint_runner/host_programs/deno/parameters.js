/** What a function takes, by its text: `length` stops at the first parameter with a default, and knows no rest. */

/** @import { RuleFunction } from "./frames.d.ts" */
/**
 * `names`: of the parameters, as they are written, without a rest. `takesMore`: than it names, by a rest parameter or by
 * place; `readsArguments`: it may, if it is not another function within that does.
 *
 * @typedef {{ names: string[], count: number, takesMore: boolean, readsArguments: boolean }} Parameters
 */

/** What may stand before the parentheses of a list of parameters. */
const HEAD = /^(?:async\b)?\s*(?:function\b)?[\s*]*[^\s(=]*\s*\(/;
/** The one parameter of an arrow function may stand without them. */
const ALONE = /^(?:async\s+)?([\w$]+)\s*=>/;
/** What is skipped: comments, and texts, in which a bracket or a comma means nothing. */
const SKIPPED = /\/\/.*|\/\*[^]*?\*\/|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`(?:\\[^]|[^`\\])*`/g;
const CALLBACK = /^(?:cb|callback|done|next)$/;
const RESPONSE = /^_?res(?:ponse)?$/;
const { toString } = Function.prototype;

/**
 * The parameters of `rule`. Of a function whose text cannot be read, such as a bound one, those of its `length`.
 *
 * @param {RuleFunction} rule
 * @returns {Parameters}
 */
export function parametersOf(rule) {
  const text = textOf(rule);
  const found = namesIn(text);
  const isRest = found?.at(-1)?.startsWith("...") ?? false;
  const names = isRest ? found?.slice(0, -1) ?? [] : found ?? [];
  return {
    names,
    count: found === null ? rule.length : names.length,
    takesMore: isRest || /\barguments\s*\[\s*4\s*\]/.test(text),
    readsArguments: /\barguments\b/.test(text),
  };
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
  if (takesMore) return null;
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
 */
function namesIn(text) {
  const alone = text.match(ALONE)?.[1];
  if (alone !== undefined) return [alone];
  const head = text.match(HEAD)?.[0];
  if (head === undefined) return null;
  const names = [""];
  let depth = 1;
  for (const character of text.slice(head.length)) {
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (depth === 0) return names.map((name) => name.trim()).filter((name) => name !== "");
    if (depth === 1 && character === ",") names.push("");
    else names[names.length - 1] += character;
  }
  return null;
}
