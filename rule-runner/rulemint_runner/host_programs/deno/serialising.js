/**
 * A rule's value → JSON, and what of it JSON cannot carry. `JSON.stringify` makes `null` of `NaN` and `{}` of a map, and
 * says nothing. A rule gets the same JSON, because Auth0 made it too, and its author is told.
 */

import { isPlainObject, kindOf, textOf } from "./kinds.js";

/** @typedef {{ what: string, becomes: string, advice: string }} Lost  What a value is, what JSON has instead, what helps. */
/** @typedef {Lost & { path: string[] }} Loss */

const COPY = "copy what it needs into a plain object";
const IS_BIGINT = "does not serialise: it is a BigInt; use String(it) or Number(it)";
const NO_NUMBER = "JSON has no such number";
/** By the tag of an object. @type {Record<string, string>} */
const ADVICE = {
  Map: "use Object.fromEntries(map)",
  Set: "use [...set]",
  Promise: "await it",
  Headers: "use Object.fromEntries(headers)",
  URLSearchParams: "use Object.fromEntries(params)",
  FormData: "use Object.fromEntries(form)",
  Error: "use its message",
  RegExp: "use its source",
  ArrayBuffer: "use Buffer.from(bytes).toString('base64')",
};
const ITSELF = /circular|call stack/i;
const { stringify } = JSON;

/** A value that is no JSON; the message says where, and what helps. */
export class NotJson extends Error {
  /**
   * @param {string[]} path
   * @param {string} why
   */
  constructor(path, why) {
    super(why);
    this.path = path;
  }
}

/**
 * The JSON of *value*, with what is lost on the way. Undefined if there is none, as of a function.
 *
 * Throws `NotJson`.
 *
 * @param {unknown} value
 * @returns {{ text: string | undefined, losses: Loss[] }}
 */
export function serialised(value) {
  /** Of each object: what holds it, and by which name. @type {Map<object, [object, string]>} */
  const held = new Map();
  /** @type {Loss[]} */
  const losses = [];
  /** @param {object} holder @param {string} key */
  const pathTo = (holder, key) => {
    const path = [key];
    for (let at = held.get(holder); at !== undefined && path.length < 32; at = held.get(at[0])) path.unshift(at[1]);
    return path.slice(1); // the first holds the value itself
  };
  /** @this {any} @param {string} key @param {any} value */
  function look(key, value) {
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "bigint") throw new NotJson(pathTo(this, key), IS_BIGINT);
    const lost = lostOf(this, key, value);
    if (lost !== null) losses.push({ ...lost, path: pathTo(this, key) });
    if (typeof value === "object" && value !== null) held.set(value, [this, key]);
    return value;
  }
  try {
    return { text: stringify(value, look), losses };
  } catch (error) {
    if (error instanceof NotJson) throw error;
    const said = textOf(/** @type {any} */ (error)?.message).split("\n")[0];
    const more = ITSELF.test(said) ? `: it has itself in it, or is nested too deep; ${COPY}` : "";
    throw new NotJson(pathToBroken(value), `does not serialise: ${said}${more}`);
  }
}

/**
 * The path to what keeps *value* from being JSON: its name, and for an action what it is in.
 *
 * @param {any} value
 * @returns {string[]}
 */
function pathToBroken(value) {
  const path = [];
  for (let at = value; path.length < 2;) {
    const name = Object.keys(Object(at)).find((each) => !isSerialised(at, each));
    if (name === undefined) break;
    path.push(name);
    if (name !== "claims") break;
    try {
      at = at[name];
    } catch {
      break;
    }
  }
  return path;
}

/**
 * @param {any} holder
 * @param {string} name
 */
function isSerialised(holder, name) {
  try {
    stringify(holder[name]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Name a value by the *path* to it: `roles[1].name`.
 *
 * @param {string[]} path
 */
export function within(path) {
  return path.map((key) => /^\d+$/.test(key) ? `[${key}]` : `.${key}`).join("");
}

/**
 * @param {Loss} loss
 * @param {string} subject
 * @param {string} where
 */
export function told({ what, becomes, advice }, subject, where) {
  return `${subject} is ${what}: ${where} has ${becomes}; ${advice}`;
}

/**
 * What is lost of *value*, which *holder* has by the name *key*; null if nothing is.
 *
 * @param {any} holder
 * @param {string} key
 * @param {any} value
 * @returns {Lost | null}
 */
function lostOf(holder, key, value) {
  const empty = Array.isArray(holder) ? "null in its place" : "nothing of it";
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? null : { what: String(value), becomes: "null", advice: NO_NUMBER };
    case "undefined":
      if (!Array.isArray(holder)) return null; // so one leaves a claim out
      return { what: "undefined", becomes: empty, advice: "leave it out of the list" };
    case "function":
      return { what: "a function", becomes: empty, advice: "call it, or leave it out" };
    case "symbol":
      return { what: "a symbol", becomes: empty, advice: "use its description" };
    default:
      return value === null ? lostDate(holder, key) : lostOfObject(value);
  }
}

/**
 * JSON asks a date for its text, and one that is no date has none.
 *
 * @param {object} holder
 * @param {string} key
 * @returns {Lost | null}
 */
function lostDate(holder, key) {
  const given = Object.getOwnPropertyDescriptor(holder, key)?.value;
  return given instanceof Date ? { what: "an invalid date", becomes: "null", advice: "check the date first" } : null;
}

/**
 * @param {any} object
 * @returns {Lost | null}
 */
function lostOfObject(object) {
  if (Array.isArray(object) || isPlainObject(object)) return null;
  if (object instanceof Number) {
    return Number.isFinite(object.valueOf()) ? null : { what: textOf(object), becomes: "null", advice: NO_NUMBER };
  }
  if (object instanceof String || object instanceof Boolean || isPlainElsewhere(object)) return null;
  const what = kindOf(object);
  if (ArrayBuffer.isView(object)) {
    return {
      what,
      becomes: "an object of numbers",
      advice: "use Buffer.from(bytes).toString('base64'), or [...bytes]",
    };
  }
  const isEmpty = Object.keys(object).length === 0;
  const hidden = hiddenIn(object);
  if (!isEmpty && hidden.length === 0) return null;
  const becomes = isEmpty ? "{}" : `no ${hidden.slice(0, 5).join(", ")}`;
  return { what, becomes, advice: adviceFor(object) };
}

/** @param {any} object */
function adviceFor(object) {
  const tag = object instanceof Error ? "Error" : Object.prototype.toString.call(object).slice(8, -1);
  if (Object.hasOwn(ADVICE, tag)) return ADVICE[tag];
  return typeof object[Symbol.iterator] === "function" ? "use [...it]" : COPY;
}

/**
 * A plain object of another context, such as `vm` makes.
 *
 * @param {object} object
 */
function isPlainElsewhere(object) {
  const prototype = Object.getPrototypeOf(object);
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}

/**
 * The names that an instance has and JSON does not see: getters of its class, and what is not enumerable.
 *
 * @param {object} object
 */
function hiddenIn(object) {
  const names = Object.getOwnPropertyNames(object).filter((name) =>
    name !== "stack" && !Object.prototype.propertyIsEnumerable.call(object, name)
  );
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.getPrototypeOf(at) === null) break; // those of every object
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined && !Object.hasOwn(object, name)) names.push(name);
    }
  }
  return names;
}
