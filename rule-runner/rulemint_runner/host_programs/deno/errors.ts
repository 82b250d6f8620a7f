/** The errors by which a rule says no. They are free names in every rule, as they were at Auth0. */

function refusal(name: string, code: string) {
  const type = class extends Error {
    readonly code = code;
    constructor(message = "", options?: ErrorOptions) {
      super(message, options);
      this.name = name;
    }
  };
  Object.defineProperty(type, "name", { value: name });
  return type;
}

export const refusals = {
  AccessDenied: refusal("AccessDenied", "access_denied"),
  InvalidScopeError: refusal("InvalidScopeError", "invalid_scope"),
  InvalidRequestError: refusal("InvalidRequestError", "invalid_request"),
  ServerError: refusal("ServerError", "server_error"),
  ExtensibilityUserError: refusal("ExtensibilityUserError", "access_denied"),
};

const types = Object.values(refusals);

/** The OAuth error code of `error` if it is one of the refusals, else null. */
export function refusalCode(error: unknown): string | null {
  const type = types.find((candidate) => error instanceof candidate);
  return type === undefined ? null : (error as InstanceType<typeof type>).code;
}

/** Make the refusals free names. */
export function defineRefusals(): void {
  for (const [name, type] of Object.entries(refusals)) {
    Object.defineProperty(globalThis, name, { value: type, writable: true, configurable: true });
  }
}
