/** A rule's result → what it grants: the scopes that are left, the claims, and what is left out, as in the runner. */

import {
  AUTH0_URN,
  BEYOND_CEILING,
  BEYOND_GRANT,
  FOREIGN_HOSTS,
  MAX_DEPTH,
  MAX_SCOPE_CHARACTERS,
  MAX_SCOPES,
  NO_SCOPE,
  RESERVED,
} from "../contract/bounds.js";

/** @typedef {{ scope: string[], scopeCeiling: string[] | null, grantScope: string[] }} Scopes */

const SCOPE = new RegExp(`^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,${MAX_SCOPE_CHARACTERS}}$`);
// deno-lint-ignore no-control-regex -- control characters are what a name must not have
const URL_NAME = /^https?:\/\/([^\s\x00-\x1f]+)$/i;
const SHOWN = 100;
const reserved = new Set(RESERVED);

/** What a rule returned is no result; the message says why. */
export class BadResult extends Error {}

/** @param {unknown} text */
export function isScope(text) {
  return typeof text === "string" && SCOPE.test(text);
}

/**
 * @param {any} value
 * @param {"auth0" | "own" | "action"} form
 * @param {Scopes} scopes
 */
export function granted(value, form, scopes) {
  if (kindOf(value) !== "object") throw new BadResult(`the result is a ${kindOf(value)}, not an object`);
  checkTravels(value, form);
  /** @type {{ name: string, why: string }[]} */
  const leftOut = [];
  let scope = scopeOf(value, form, scopes.scope);
  if (scopes.scope.length > 0 && !Object.hasOwn(value, "scope") && form === "auth0") {
    leftOut.push({ name: "scope", why: NO_SCOPE });
  }
  for (const { limit, why } of limitsOf(form, scopes)) {
    for (const name of scope) if (!limit.includes(name)) leftOut.push({ name: `scope ${name}`, why });
    scope = scope.filter((name) => limit.includes(name));
  }
  /** @type {[string, unknown][]} */
  const claims = [];
  for (const [name, claim] of Object.entries(claimsOf(value, form))) {
    const why = whyLeftOut(name, form);
    if (why === null) claims.push([name, claim]);
    else leftOut.push({ name, why });
  }
  return { scope, claims: Object.fromEntries(claims), leftOut };
}

/**
 * @param {string} form
 * @param {Scopes} scopes
 */
function limitsOf(form, { scope, scopeCeiling, grantScope }) {
  const limits = scopeCeiling === null ? [] : [{ limit: scopeCeiling, why: BEYOND_CEILING }];
  if (form === "action") limits.push({ limit: [...grantScope, ...scope], why: BEYOND_GRANT });
  return limits;
}

/**
 * @param {any} value
 * @param {string} form
 */
function claimsOf(value, form) {
  if (form !== "action") return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "scope"));
  if (kindOf(value.claims) !== "object") throw new BadResult("the result of an action has no claims");
  return value.claims;
}

/**
 * @param {any} value
 * @param {string} form
 * @param {string[]} given
 */
function scopeOf(value, form, given) {
  if (!Object.hasOwn(value, "scope")) return form === "auth0" ? [] : [...given];
  const { scope } = value;
  if (!Array.isArray(scope)) throw new BadResult(`scope is a ${kindOf(scope)}, not a list of strings`);
  if (scope.length > MAX_SCOPES) throw new BadResult(`scope has ${scope.length} entries, ${MAX_SCOPES} are allowed`);
  const wrong = scope.find((each) => !isScope(each));
  if (wrong !== undefined) {
    throw new BadResult(`scope holds ${JSON.stringify(wrong).slice(0, SHOWN)}, which is no scope`);
  }
  return [...new Set(scope)];
}

/**
 * Why a claim of that name does not get into a token; null if it does.
 *
 * @param {string} name
 * @param {string} form
 */
export function whyLeftOut(name, form) {
  if (reserved.has(name)) return "the name is reserved";
  const host = hostOf(name);
  if (host !== null && FOREIGN_HOSTS.some((foreign) => host === foreign || host.endsWith(`.${foreign}`))) {
    return `a claim may not be named after ${host}`;
  }
  if (form === "action" && (name === AUTH0_URN || name.startsWith(`${AUTH0_URN}:`))) {
    return `a claim may not be named after ${AUTH0_URN}`;
  }
  if (form === "auth0" && host === null) {
    return "a claim of this form of rule must be named by an http or https URL";
  }
  return null;
}

/**
 * The host of an http or https URL; null for anything else.
 *
 * @param {string} name
 */
function hostOf(name) {
  const authority = name.match(URL_NAME)?.[1].split(/[/?#]/)[0];
  if (authority === undefined) return null;
  const place = authority.slice(authority.lastIndexOf("@") + 1);
  const brackets = place.match(/^\[([^[\]]*)\](?::.*)?$/);
  if (brackets === null && /[[\]]/.test(authority)) return null;
  const host = (brackets === null ? place.split(":")[0] : brackets[1]).toLowerCase();
  return host.replace(/\.+$/, "") || null;
}

/**
 * @param {any} value
 * @param {"auth0" | "own" | "action"} form
 */
function checkTravels(value, form) {
  const why = whyNot(value, 1);
  if (why === null) return;
  const claims = Object.entries((form === "action" ? value.claims : value) ?? {});
  const claim = claims.find(([, each]) => whyNot(each, 2) !== null);
  throw new BadResult(`${claim === undefined ? "the result" : `the claim ${JSON.stringify(claim[0])}`} has ${why}`);
}

/**
 * What of *value* a token cannot carry; null if it can carry all of it.
 *
 * @param {any} value
 * @param {number} depth
 * @returns {string | null}
 */
function whyNot(value, depth) {
  if (depth > MAX_DEPTH) return `something that is nested deeper than ${MAX_DEPTH}`;
  if (Number.isInteger(value) && Math.abs(value) < 1e21 && (value >= 2 ** 64 || value < -(2 ** 63))) {
    return "an integer of more than 64 bits";
  }
  if (typeof value !== "object" || value === null) return null;
  for (const each of Object.values(value)) {
    const why = whyNot(each, depth + 1);
    if (why !== null) return why;
  }
  return null;
}

/** @param {unknown} value */
function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
