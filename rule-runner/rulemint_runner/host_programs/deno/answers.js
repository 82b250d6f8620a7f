/** What a rule did → the frame that says so to the runner. */

import contract from "host:contract" with { type: "json" };
import { writeLine } from "./capture.js";
import { refusalOfCallback, refusalOfThrown } from "./errors.js";
import { refusedSoFar } from "./failures.js";
import { isPlainObject, kindOf, textOf } from "./kinds.js";
import { serialised, told, within } from "./serialising.js";
import { source, withFileName } from "./source.js";
import { trace } from "./traces.js";

/** @import { Answer, Form } from "./frames.d.ts" */
/** @import { Refusal } from "./errors.js" */
/** @import { Loss, NotJson } from "./serialising.js" */

const MAX_TEXT = contract.text_characters;
/** Causes, one below the other, and errors of one kind. */
const MAX_SHOWN = 5;
/** How JSON shows it, should no backslash precede. */
const HALF = /\\ud[89a-f][0-9a-f]{2}/;
const CUT = "it is \ufffd in the token; cut a text by its characters, [...text].slice(0, 6).join('')";
/** As V8 says it. */
const NO_MACHINE_CODE = /^WebAssembly is not defined$/;
const GENERATOR = /^\[object (?:Async)?Generator\]$/;
const FRAME = /^\s+at /;
const { parse, stringify } = JSON;
/** Node, where the test kit runs this, has its own elsewhere. @type {(value: unknown, options: object) => string} */
const asConsoleShows = /** @type {any} */ (globalThis).Deno?.inspect ?? String;
const encoder = new TextEncoder();

/**
 * @param {Form} form
 * @param {unknown} value
 * @returns {Answer}
 */
export function returned(form, value) {
  if (typeof (/** @type {any} */ (value)?.then) === "function") {
    return { t: "bad-return", why: "the result is a promise: await it, and then give what it resolves to" };
  }
  let found;
  try {
    found = serialised(value ?? {});
  } catch (error) {
    const { path, message } = /** @type {NotJson} */ (error);
    return { t: "bad-return", why: clip(`${named(form, path)} ${message}`) };
  }
  let { text } = found;
  if (text === undefined) return { t: "bad-return", why: `the result is a ${typeof value}, not an object` };
  tellLosses(found.losses, (path) => named(form, path), "the token");
  if (HALF.test(text)) {
    const mended = withoutHalves(form, text);
    if (mended === null) return { t: "bad-return", why: "the name of a claim has half a surrogate pair in it" };
    text = mended;
  }
  const { resultBytes } = source;
  if (text.length > resultBytes || encoder.encode(text).length > resultBytes) {
    return { t: "bad-return", why: `the result is larger than ${resultBytes} bytes of JSON` };
  }
  return { t: "returned", form, value: text };
}

/**
 * A warning for each of *losses*, up to a few.
 *
 * @param {Loss[]} losses
 * @param {(path: string[]) => string} naming
 * @param {string} where
 */
export function tellLosses(losses, naming, where) {
  for (const loss of losses.slice(0, MAX_SHOWN)) writeLine("warn", told(loss, naming(loss.path), where));
  const more = losses.length - MAX_SHOWN;
  if (more > 0) writeLine("warn", `${more} more values are not in ${where} as the rule has them`);
}

/**
 * What of a result is at *path*, in words.
 *
 * @param {Form} form
 * @param {string[]} path
 */
function named(form, path) {
  const [first, ...rest] = form === "action" && path[0] === "claims" ? path.slice(1) : path;
  if (first === undefined) return "the result";
  const isScope = first === "scope" && path[0] === "scope";
  return `${isScope ? "scope" : `the claim ${first}`}${within(rest)}`;
}

/**
 * The JSON of a result, of which each half of a surrogate pair is the character that stands for what is none; null if it
 * is in a name.
 *
 * @param {Form} form
 * @param {string} text
 */
function withoutHalves(form, text) {
  const value = parse(text);
  const claims = Object.entries((form === "action" ? value.claims : value) ?? {});
  if (claims.some(([name]) => !name.isWellFormed())) return null;
  for (const [name] of claims.filter((claim) => !isWellFormed(claim))) {
    writeLine(
      "warn",
      `the claim ${name} has half a surrogate pair in it, as of an emoji that was cut: ${CUT}`,
    );
  }
  return stringify(wellFormed(value));
}

/** @param {unknown} value */
function isWellFormed(value) {
  return stringify(value) === stringify(wellFormed(value));
}

/**
 * @param {any} value
 * @returns {any}
 */
function wellFormed(value) {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), wellFormed(each)]));
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
  return noResult(value) ?? returned(form, value);
}

/**
 * The answer that *value* is no result; null if it may be one.
 *
 * @param {unknown} value
 * @returns {Answer | null}
 */
export function noResult(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isPlainObject(value)) return null;
  if (GENERATOR.test(Object.prototype.toString.call(value))) {
    return { t: "bad-return", why: "the rule is a generator, so nothing of it was run: write an async function" };
  }
  return { t: "bad-return", why: `the result is ${kindOf(value)}, not a plain object` };
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
  trace("answer", "", undefined, error);
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
 * An error as its rule's author wants to see it: the file's own line, the message, what caused it, then the rule's part
 * of the stack. What was refused on the way is said, should a library have hidden it.
 *
 * @param {unknown} error
 */
export function describe(error) {
  try {
    return described(error);
  } catch {
    // a getter or a proxy of the rule's own
    return clip(`${source.file}: thrown: an error that cannot be shown, because looking at it throws`);
  }
}

/** @param {unknown} error */
function described(error) {
  const { file } = source;
  if (!(error instanceof Error)) return clip(withRefusals(`${file}: thrown: ${shownThrown(error)}`));
  const message = withFileName(textOf(error.message)).replace(
    NO_MACHINE_CODE,
    "$&: a rule's sandbox makes no machine code",
  );
  const frames = withFileName(textOf(error.stack ?? "")).split("\n").filter((line) =>
    FRAME.test(line) && line.includes(file)
  );
  const where = (frames[0] ?? message).match(/:(\d+):(\d+)\)?$/m);
  const at = where ? `${file}:${where[1]}:${where[2]}` : file;
  const stack = frames.length > 1 ? `\n${frames.join("\n")}` : "";
  return clip(`${withRefusals(`${at}: ${textOf(error.name)}: ${message}${causesOf(error, 0)}`)}${stack}`);
}

/** @param {string} text */
function withRefusals(text) {
  const hidden = refusedSoFar().filter((refusal) => !text.includes(refusal));
  return [text, ...hidden.slice(0, MAX_SHOWN).map((refusal) => `  refused before: ${refusal}`)].join("\n");
}

/**
 * A line for each cause of *error*, and for each of the errors that it stands for.
 *
 * @param {Error} error
 * @param {number} depth
 * @returns {string}
 */
function causesOf(error, depth) {
  const { cause, errors } = /** @type {any} */ (error);
  if (depth >= MAX_SHOWN) return "";
  const indent = `\n${"  ".repeat(depth + 1)}`;
  const all = Array.isArray(errors) ? errors.slice(0, MAX_SHOWN).map((each) => ["one of them", each]) : [];
  if (cause !== undefined && cause !== null) all.push(["caused by", cause]);
  return all.map(([how, each]) => `${indent}${how}: ${withFileName(shownCause(each, depth))}`).join("");
}

/**
 * @param {unknown} cause
 * @param {number} depth
 */
function shownCause(cause, depth) {
  if (!(cause instanceof Error)) return shownThrown(cause);
  const { code } = /** @type {any} */ (cause);
  const known = code === undefined || code === null ? "" : ` (${textOf(code)})`;
  return `${textOf(cause.name)}: ${textOf(cause.message)}${known}${causesOf(cause, depth + 1)}`;
}

/**
 * What is thrown and no error: an object by what is in it.
 *
 * @param {any} thrown
 */
function shownThrown(thrown) {
  if (typeof thrown !== "object" || thrown === null) return textOf(thrown);
  try {
    const own = typeof thrown.message === "string" ? { message: thrown.message, ...thrown } : thrown;
    const text = stringify(own);
    return text === undefined || (text === "{}" && !isPlainObject(thrown)) ? inspect(thrown) : text;
  } catch {
    return inspect(thrown);
  }
}

/**
 * What is no JSON, as the console shows it.
 *
 * @param {unknown} thrown
 */
function inspect(thrown) {
  try {
    return asConsoleShows(thrown, { depth: 4, getters: false });
  } catch {
    return textOf(thrown);
  }
}

/**
 * The words of an error of whatever type, as Auth0 found them.
 *
 * @param {unknown} error
 */
function messageOf(error) {
  try {
    const message = /** @type {Error} */ (error)?.message;
    return (message ? textOf(message) : textOf(error)) || "Unknown error";
  } catch {
    // as above
    return "Unknown error";
  }
}

/** @param {string} text */
function clip(text) {
  return text.slice(0, MAX_TEXT).toWellFormed();
}
