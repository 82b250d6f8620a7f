/** The errors by which a rule says no. They are free names in every rule, as they were at Auth0. */

const CODES = {
  AccessDenied: "access_denied",
  InvalidScopeError: "invalid_scope",
  InvalidRequestError: "invalid_request",
  ServerError: "server_error",
  ExtensibilityUserError: "access_denied",
};

/** @type {Map<Function, string>} */
const codeOf = new Map();

/** Make the refusals free names. */
export function defineRefusals() {
  for (const [name, code] of Object.entries(CODES)) {
    const type = class extends Error {
      /** @override */
      name = name;
    };
    Object.defineProperty(type, "name", { value: name });
    Object.defineProperty(globalThis, name, { value: type, writable: true, configurable: true });
    codeOf.set(type, code);
  }
}

/**
 * The OAuth error code of `error` if it is one of the refusals, else null.
 *
 * @param {unknown} error
 */
export function refusalCode(error) {
  for (const [type, code] of codeOf) {
    if (error instanceof type) return code;
  }
  return null;
}
