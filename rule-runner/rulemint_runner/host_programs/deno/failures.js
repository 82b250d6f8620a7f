/**
 * Why a call failed, as programs tell it: by its code. That of a network is Node's, and libraries try again after it.
 * Ours says what a rule may not do, and is the same at every try.
 */

import contract from "host:contract" with { type: "json" };
import { current } from "./invocation.js";

/** @import { Invocation } from "./invocation.js" */
/** @typedef {{ code: string, message: string, times?: number }} Refusal */

export const {
  forbidden_host: FORBIDDEN_HOST,
  forbidden_header: FORBIDDEN_HEADER,
  too_large: TOO_LARGE,
  unsupported: UNSUPPORTED,
} = contract.call_errors;
/** What was refused while the module was loaded, and in each invocation, by its origin. */
const atLoad = new Map();
/** @type {WeakMap<Invocation, Map<string, Refusal>>} */
const refused = new WeakMap();

/**
 * @template {Error} E
 * @param {new (message: string, options?: ErrorOptions) => E} Type
 * @param {string} code
 * @param {string} message
 * @param {ErrorOptions} [options]
 */
export function failure(Type, code, message, options) {
  return Object.assign(new Type(message, options), { code });
}

/**
 * Remember that *what*, an origin as a rule, was refused in this invocation: its error will be the same.
 *
 * @param {string} what
 * @param {Refusal} refusal
 */
export function noteRefusal(what, refusal) {
  if (refusal.code === FORBIDDEN_HOST) refusals().set(what, refusal);
}

/**
 * How *origin* was refused before in this invocation; undefined if it was not.
 *
 * @param {string} origin
 * @returns {Refusal | undefined}
 */
export function isRefused(origin) {
  return refusals().get(origin);
}

/**
 * Remember that there is no connection of the kind *what*; returns how often that was so in this invocation.
 *
 * @param {string} what
 * @param {string} message
 */
export function noteNoConnection(what, message) {
  const times = (isRefused(what)?.times ?? 0) + 1;
  refusals().set(what, { code: UNSUPPORTED, message, times });
  return times;
}

/** The words of everything that this invocation was refused. @returns {string[]} */
export function refusedSoFar() {
  return [...refusals().values()].map(({ message }) => message);
}

function refusals() {
  const invocation = current();
  if (invocation === null) return atLoad;
  let known = refused.get(invocation);
  if (known === undefined) refused.set(invocation, known = new Map());
  return known;
}
