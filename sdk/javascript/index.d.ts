/// <reference path="./rulemint.d.ts" />

/** A rule: its path, a file URL, its text (which has a line end), its function, or the module that exports it. */
export type AnyRule = string | URL | ((...parameters: never[]) => unknown) | object | LoadedRule;

/** The body as JSON; or parts of a response, each of which may be left out; a status; a text; an error: no answer. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; body?: string | Uint8Array }
  | Record<string, unknown>
  | unknown[]
  | number
  | string
  | Uint8Array
  | Error;

/** A call of the rule. */
export interface Request {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  /** The body, parsed as JSON. */
  // deno-lint-ignore no-explicit-any -- a test reads what its rule sent, without a cast for each
  json(): any;
}

/** The token request, the rule's secrets and what it may call. All of them may be left out. */
export interface Inputs {
  /** What is left out is that of a test client. A text is its id. */
  client?: { id?: string; name?: string; tenant?: string; metadata?: Record<string, string> } | string;
  /** The client's metadata, where nothing else of it matters. */
  metadata?: Record<string, string>;
  /** The scopes about to be granted. */
  scope?: string[];
  audience?: string;
  secrets?: Record<string, string>;
  ip?: string;
  userAgent?: string;
  hostname?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  /** The parameters of the token request. */
  body?: Record<string, unknown>;
  /** What the rules before this one have set. */
  claims?: Record<string, unknown>;
  /** The scopes of the client grant; without it, the ones in `scope`. */
  grantScope?: string[];
  /** Whether the API allows no scope beyond `grantScope`. */
  enforceGrantScopes?: boolean;
  /** The hosts that the rule may call; without it, those that `fetch` answers. */
  allowHosts?: string[];
  /** The answers to the rule's calls: by URL, by method and URL, with a `*` at the end; or a function. */
  fetch?: Record<string, Answer> | ((request: Request) => Answer | undefined | Promise<Answer | undefined>);
  /** The document that the rule has stored before. */
  storage?: unknown;
  /** What `api.cache` holds, by key. */
  cache?: Record<string, string>;
  geoip?: Record<string, string | number>;
  /** The limit of the rule's result, in bytes of JSON. */
  resultBytes?: number;
  /** How long to wait for a rule that never answers. */
  timeoutS?: number;
}

/** What one run of a rule changed, asked for and said. */
export interface RuleResult {
  /** `granted`, `denied`, or `failed:` and the reason. */
  outcome: string;
  granted: boolean;
  /** The claims that the token would have. */
  claims: Record<string, unknown>;
  /** The scopes that the token would have. */
  scope: string[];
  /** The refusal that the caller gets instead of a token. */
  refused: { error: string; description: string } | null;
  /** The reason why there is neither. */
  failed: { reason: string; message: string } | null;
  /** Claims and scopes that do not get into the token. */
  leftOut: { name: string; why: string }[];
  log: { level: "debug" | "info" | "warn" | "error"; message: string }[];
  calls: (Request & { host: string; status: number | null; error: string })[];
  storage: unknown;
  cache: Record<string, string>;
  claimsSet: Record<string, unknown>;
  scopeAdded: string[];
  scopeRemoved: string[];
}

/** Run a rule once, as for a token request. */
export function runRule(rule: AnyRule, inputs?: Inputs): Promise<RuleResult>;

/** Load a rule once, for several runs that share its module, as the invocations of a host do. */
export function loadRule(rule: AnyRule): Promise<LoadedRule>;

/** A rule whose module lives as long as this object. */
export class LoadedRule {
  private constructor();
}

/** A host could not load the rule. */
export class RuleNotLoadedError extends Error {
  readonly failed: { reason: "syntax" | "exception"; message: string };
}
