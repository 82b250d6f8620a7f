/** What a function takes, by its text: `length` stops at the first parameter with a default, and knows no rest. */

/** @import { RuleFunction } from "./frames.d.ts" */
/**
 * `takesMore`: than it names, by a rest parameter or by place; `readsArguments`: it may, if it is not another function
 * within that does.
 *
 * @typedef {{ count: number, takesMore: boolean, readsArguments: boolean }} Parameters
 */

/** What may stand before the parentheses of a list of parameters. */
const HEAD = /^(?:async\b)?\s*(?:function\b)?[\s*]*[^\s(=]*\s*\(/;
/** What is skipped: comments, and texts, in which a bracket or a comma means nothing. */
const SKIPPED = /\/\/.*|\/\*[^]*?\*\/|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`(?:\\[^]|[^`\\])*`/g;
const { toString } = Function.prototype;

/**
 * The parameters of `rule`. Of a function whose text cannot be read, such as a bound one, those of its `length`.
 *
 * @param {RuleFunction} rule
 * @returns {Parameters}
 */
export function parametersOf(rule) {
  const text = toString.call(rule).replace(SKIPPED, (skipped) => skipped.startsWith("/") ? " " : "_");
  const names = namesIn(text);
  const isRest = names?.at(-1)?.startsWith("...") ?? false;
  const count = names === null ? rule.length : names.length - Number(isRest);
  return {
    count,
    takesMore: isRest || /\barguments\s*\[\s*4\s*\]/.test(text),
    readsArguments: /\barguments\b/.test(text),
  };
}

/**
 * The parameters that a function's text begins with; null if it begins otherwise.
 *
 * @param {string} text
 */
function namesIn(text) {
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
