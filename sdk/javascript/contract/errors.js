// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/errors.js: change that, and run `make sdk`.
/** The errors by which a rule says no. They are free names in every rule, as they were at Auth0. */

/** @typedef {{ code: string, plain: boolean }} Refusal  A plain one names no OAuth error: its author left that to us. */

/** @type {Record<string, string>} */
const AUTH0_CODES = {
  InvalidScopeError: "invalid_scope",
  InvalidRequestError: "invalid_request",
  ServerError: "server_error",
};
const PLAIN = { code: "access_denied", plain: true };

/** @type {[Function, Refusal][]} */
const refusals = [];

/** Make the refusals free names. Auth0's derive from `ExtensibilityUserError` there, and here. */
export function defineRefusals() {
  defineError("AccessDenied", Error, { code: "access_denied", plain: false });
  const base = errorType("ExtensibilityUserError", Error);
  for (const [name, code] of Object.entries(AUTH0_CODES)) defineError(name, base, { code, plain: false });
  defineError("ExtensibilityUserError", base, PLAIN);
}

/**
 * The refusal that a thrown *error* is, else null: any other error is a failure of the rule.
 *
 * @param {unknown} error
 * @returns {Refusal | null}
 */
export function refusalOfThrown(error) {
  try {
    return refusals.find(([type]) => error instanceof type)?.[1] ?? null;
  } catch {
    // a proxy that does not tell its type
    return null;
  }
}

/**
 * The refusal that an *error* is which a rule gave to its callback: of its type, else of its name, else a plain one.
 *
 * @param {any} error
 * @returns {Refusal}
 */
export function refusalOfCallback(error) {
  const thrown = refusalOfThrown(error);
  if (thrown !== null) return thrown;
  const name = nameOf(error);
  return Object.hasOwn(AUTH0_CODES, name) ? { code: AUTH0_CODES[name], plain: false } : PLAIN;
}

/** @param {unknown} error */
function nameOf(error) {
  try {
    return error instanceof Error ? error.name : "";
  } catch {
    // as above
    return "";
  }
}

/**
 * @param {string} name
 * @param {ErrorConstructor} base
 * @param {Refusal} refusal
 */
function defineError(name, base, refusal) {
  const type = name === base.name ? base : errorType(name, base);
  Object.defineProperty(globalThis, name, { value: type, writable: true, configurable: true });
  refusals.push([type, refusal]);
}

/**
 * @param {string} name
 * @param {ErrorConstructor} base
 * @returns {ErrorConstructor}
 */
function errorType(name, base) {
  const type = class extends base {
    /** @override */
    name = name;
  };
  Object.defineProperty(type, "name", { value: name });
  return /** @type {any} */ (type);
}
