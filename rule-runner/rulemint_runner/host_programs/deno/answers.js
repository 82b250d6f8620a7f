/** What a rule did → the frame that says so to the runner. */

import { refusalOfCallback, refusalOfThrown } from "./errors.js";
import { source, withFileName } from "./source.js";

/** @import { Answer, Form } from "./frames.d.ts" */
/** @import { Refusal } from "./errors.js" */

const MAX_TEXT = 4_096;
const { stringify } = JSON;
const encoder = new TextEncoder();

/**
 * @param {Form} form
 * @param {unknown} value
 * @returns {Answer}
 */
export function returned(form, value) {
  let text;
  try {
    text = stringify(value ?? {});
  } catch (error) {
    return {
      t: "bad-return",
      why: clip(`the result does not serialise: ${textOf(/** @type {Error} */ (error)?.message)}`),
    };
  }
  if (text === undefined) return { t: "bad-return", why: `the result is a ${typeof value}, not an object` };
  const { resultBytes } = source;
  if (text.length > resultBytes || encoder.encode(text).length > resultBytes) {
    return { t: "bad-return", why: `the result is larger than ${resultBytes} bytes of JSON` };
  }
  return { t: "returned", form, value: text };
}

/**
 * What a function returned whose result is its whole answer: nothing, or a plain object. What else JSON makes something
 * of, such as a timer, a generator that nobody runs, or a map, is no yes.
 *
 * @param {Form} form
 * @param {unknown} value
 * @returns {Answer}
 */
export function result(form, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isPlainObject(value)) {
    return returned(form, value);
  }
  return { t: "bad-return", why: `the result is ${kindOf(value)}, not a plain object` };
}

/** @param {unknown} value */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * What `value` is, in words.
 *
 * @param {any} value
 */
export function kindOf(value) {
  let name = "";
  try {
    name = typeof value === "object" ? textOf(value.constructor?.name ?? "") : "";
  } catch {
    // it does not say
  }
  const kind = /^[\w$]{1,64}$/.test(name) ? name : typeof value;
  return `${/^[aeiou]/i.test(kind) ? "an" : "a"} ${kind}`;
}

/**
 * What a rule hands to its callback as an error is a refusal in its own words, whatever it is.
 *
 * @param {unknown} error
 * @returns {Answer}
 */
export function refused(error) {
  return refusal(refusalOfCallback(error), messageOf(error));
}

/**
 * @param {unknown} error
 * @returns {Answer}
 */
export function thrown(error) {
  const found = refusalOfThrown(error);
  return found === null ? { t: "threw", text: describe(error) } : refusal(found, messageOf(error));
}

/**
 * @param {Refusal} refusal
 * @param {string} message
 * @returns {Answer}
 */
export function refusal({ code, plain }, message) {
  return { t: "refused", code, plain, message: clip(message) };
}

/**
 * An error as its rule's author wants to see it: the file's own line, the message, then the rule's part of the stack.
 *
 * @param {unknown} error
 */
export function describe(error) {
  const { file } = source;
  if (!(error instanceof Error)) return clip(`${file}: thrown: ${textOf(error)}`);
  const frames = withFileName(textOf(error.stack ?? "")).split("\n").filter((line) => line.includes(file));
  const where = frames[0]?.match(/:(\d+):(\d+)\)?$/);
  const at = where ? `${file}:${where[1]}:${where[2]}` : file;
  const stack = frames.length > 1 ? `\n${frames.join("\n")}` : "";
  return clip(`${at}: ${textOf(error.name)}: ${withFileName(textOf(error.message))}${stack}`);
}

/**
 * `value` as text, also if it does not want to be.
 *
 * @param {unknown} value
 */
export function textOf(value) {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/**
 * The words of an error of whatever type, as Auth0 found them.
 *
 * @param {unknown} error
 */
function messageOf(error) {
  const message = /** @type {Error} */ (error)?.message;
  return (message ? textOf(message) : textOf(error)) || "Unknown error";
}

/** @param {string} text */
function clip(text) {
  return text.slice(0, MAX_TEXT).toWellFormed();
}
