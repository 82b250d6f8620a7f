// Made by sdk/derive.py of cli/rulemint_cli/rules/editor_types/rulemint.d.ts: change that, and run `make sdk`.
/** Types of a rule's parameters in JavaScript or TypeScript, for editors: `@param {Rulemint.Event} event`, and so on. */

declare namespace Rulemint {
  interface Client {
    tenant: string;
    id: string;
    name: string;
    metadata: Record<string, string>;
  }

  interface Webtask {
    id: string;
    secrets: Record<string, string>;
    meta: Record<string, string>;
    headers: Record<string, string>;
    query: Record<string, string>;
    params: Record<string, string>;
    /** The query and the secrets. A secret wins over a parameter of the same name. */
    data: Record<string, string>;
    body: { client: Client; scope: string[]; audience: string; context: Omit<Context, "webtask" | "claims"> };
    storage: Storage;
  }

  /** One document of JSON, 500 KiB at most. It lives as long as the rule. */
  interface Storage {
    get(done: (error: Error | null, data?: unknown) => void): void;
    set(data: unknown, done?: Stored): void;
    set(data: unknown, options: { force?: boolean | 0 | 1; etag?: string | null }, done?: Stored): void;
  }
  /** The error of a document that was changed since it was read has the document as it is now. */
  type Stored = (error: (Error & { conflict?: unknown }) | null) => void;

  /** The token request. `body` has its parameters without credentials; `claims` has those of earlier rules. */
  interface Context {
    ip: string;
    userAgent: string;
    // deno-lint-ignore no-explicit-any -- a rule reads what its caller sent, without a cast for each
    body: Record<string, any>;
    claims: Record<string, unknown>;
    webtask: Webtask;
  }

  /** Claims by name. `scope` replaces the scopes. */
  type Result = { scope?: string[] } & Record<string, unknown>;
  type Callback = (error?: unknown, result?: Result | null) => void;

  /** A rule or hook as Auth0 has it. */
  type Hook = (client: Client, scope: string[], audience: string, context: Context, cb: Callback) => unknown;
  /** A generic webtask. */
  type GenericWebtask = (context: Webtask, cb: Callback) => unknown;
  /** The default export of a module. */
  type Module = (
    input: { client: Client; scope: string[]; audience: string; context: Context },
  ) => Result | void | Promise<Result | void>;
  /** The function that an action exports as `onExecuteCredentialsExchange`. */
  type Action = (event: Event, api: Api) => unknown;

  interface Event {
    readonly accessToken: { customClaims: Record<string, unknown>; scope: string[] };
    readonly client: { client_id: string; name: string; metadata: Record<string, string> };
    readonly request: {
      // deno-lint-ignore no-explicit-any -- a rule reads what its caller sent, without a cast for each
      body: Record<string, any>;
      geoip: Partial<
        & Record<"cityName" | "continentCode" | "countryCode" | "countryCode3" | "countryName" | "timeZone", string>
        & Record<"subdivisionCode" | "subdivisionName", string>
        & Record<"latitude" | "longitude", number>
      >;
      hostname: string;
      ip: string;
      language?: string;
      method: string;
      user_agent: string;
    };
    readonly resource_server: { identifier: string };
    readonly secrets: Record<string, string>;
    readonly tenant: { id: string };
    readonly transaction: { correlation_id: string; requested_scopes: string[]; target_scopes: string[] };
  }

  interface CacheRecord {
    value: string;
    /** Milliseconds since the epoch. */
    expires_at: number;
  }

  type CacheError = { type: "error"; code: string };

  interface Api {
    readonly access: {
      deny(code: "invalid_scope" | "invalid_request" | "server_error" | "access_denied", reason: string): Api;
      deny(reason: string): Api;
    };
    readonly accessToken: {
      setCustomClaim(name: string, value: unknown): Api;
      addScope(scope: string): Api;
      removeScope(scope: string): Api;
    };
    readonly cache: {
      get(key: string): CacheRecord | undefined;
      set(key: string, value: string, options?: { ttl?: number; expires_at?: number }):
        | { type: "success"; record: CacheRecord }
        | CacheError;
      delete(key: string): { type: "success" } | CacheError;
    };
    readonly transaction: {
      addTargetScope(scope: string): void;
      removeTargetScope(scope: string): void;
      setTargetScopes(scopes: string[]): void;
      clearTargetScopes(): void;
    };
  }
}

/** 403 `access_denied`, with the message as its description. */
declare class AccessDenied extends Error {}
/** The base class of Auth0's errors. */
declare class ExtensibilityUserError extends Error {}
/** 400 `invalid_scope`. */
declare class InvalidScopeError extends ExtensibilityUserError {}
/** 400 `invalid_request`. */
declare class InvalidRequestError extends ExtensibilityUserError {}
/** 500 `server_error`. */
declare class ServerError extends ExtensibilityUserError {}
