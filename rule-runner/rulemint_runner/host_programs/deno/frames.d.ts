/**
 * What travels between the runner and this host; `hosts/wire/frames.py` is the other side and checks everything. `n` is the
 * number of the invocation that a frame is of, 0 while the rule is loaded.
 */

import type { Invocation } from "./invocation.js";

export interface Client {
  tenant: string;
  id: string;
  name: string;
  metadata: Record<string, string>;
}

export interface LoadFrame {
  t: "load";
  file: string;
  language: "javascript" | "typescript";
  script: string;
  secrets: Record<string, string>;
  result_bytes: number;
  packages: PackageSet | null;
  meta?: Record<string, string>;
  seed?: number;
  now_ms?: number;
  /** What sets claims of these names is to be seen; null: nobody watches. */
  trace?: string[] | null;
  /** In a replay: what the module draws from the machine while it is loaded. */
  drawn?: string[];
}

/** Lines that did not run, and the line that decided so. */
export interface Span {
  first: number;
  last: number;
  of: number;
}

/** What the rule set, or took away. Not *seen*: it is the last line that names it and ran. */
export interface Write {
  kind: "claim" | "scope" | "removed claim" | "removed scope" | "answer";
  name: string;
  line: number;
  before: string;
  seen: boolean;
}

export interface TracedFrame {
  t: "traced";
  n: number;
  answered_at: number;
  not_run: Span[];
  writes: Write[];
  is_cut: boolean;
}

/** What a host had from its machine: random bytes, in base64, or the time at which a timer fired. */
export interface Draw {
  kind: "random" | "clock";
  data?: string;
  now_ms?: number;
  /** So many replies it had read in this run before. */
  after?: number;
  /** Which timer of the run. */
  timer?: number;
  /** It fired in the same phase of the event loop as the timer before. */
  joined?: boolean;
  /** In a replay: so many questions it had asked in this run before. */
  asked?: number;
}

/** The token request beyond what every rule sees in its context. */
export interface Sent {
  id?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  hostname?: string;
  requested_scopes?: string[];
  geoip?: Record<string, string | number>;
}

/** `packages/messages.py` says what is in it. */
export interface PackageSet {
  files: Record<string, string>;
  data: Record<string, string>;
  modules: string[];
  links: Record<string, Record<string, string>>;
  roots: Record<string, string>;
  duals?: string[];
  /** The contents are deflated; those of `files` are base64, too. */
  packed?: boolean;
}

export interface RunFrame {
  t: "run";
  n: number;
  client: Client;
  scope: string[];
  audience: string;
  context: { ip: string; userAgent: string; body: Record<string, unknown> };
  request?: Sent;
  claims?: Record<string, unknown>;
  cache?: Record<string, CacheRecord>;
  /** Of what is merely pseudo-random; 0: none. */
  seed?: number;
  /** The rule's clock as it begins, in ms since 1970; 0: the host's own. */
  now_ms?: number;
  /** The runner wants to hear what is drawn. */
  record?: boolean;
  /** Of a replay: what is drawn in place of the machine's. */
  noted?: Draw[] | null;
}

/** A value of `api.cache`, which ends at `expires_at`, in ms since the epoch. */
export interface CacheRecord {
  value: string;
  expires_at: number;
}

export interface CallFrame {
  t: "call";
  id: number;
  n: number;
  method: string;
  url: string;
  headers: [string, string][];
  body: string;
  redirect: RequestRedirect;
  /** Hand the body on in its content coding. */
  as_sent?: boolean;
}

export interface ReplyFrame {
  t: "reply";
  id: number;
  status: number;
  reason: string;
  headers: [string, string][];
  body: string;
  url: string;
  redirected: boolean;
  error: string | null;
  /** Of the error, as programs know it. */
  code: string;
  /** The rule's clock from now on. */
  now_ms?: number;
}

export interface StorageGetFrame {
  t: "storage-get";
  id: number;
  n: number;
}

export interface StorageSetFrame {
  t: "storage-set";
  id: number;
  n: number;
  data: string | null;
  etag: string | null;
  force: boolean;
}

export interface StoredFrame {
  t: "stored";
  id: number;
  data: string | null;
  etag: string | null;
  conflict: boolean;
  error: string | null;
  now_ms?: number;
}

/** What the runner replies to, by its number. */
export type AskingFrame = CallFrame | StorageGetFrame | StorageSetFrame;
export type WithoutId<T> = T extends unknown ? Omit<T, "id" | "n"> : never;

export interface CacheChangedFrame {
  t: "cache-changed";
  n: number;
  changed: Record<string, CacheRecord>;
  deleted: string[];
}

export type Form = "auth0" | "own" | "action";
export type Level = "debug" | "info" | "warn" | "error";

/** One of the four ways in which an invocation is answered. */
export type AnswerFrame =
  & { n: number }
  & (
    | { t: "returned"; form: Form; value: string }
    | { t: "refused"; code: string; message: string; plain: boolean }
    | { t: "threw"; text: string }
    | { t: "bad-return"; why: string }
  );

/** A run that came in the place of a reply: another host runs it. */
export interface NotBegunFrame {
  t: "not-begun";
  n: number;
}

export interface IdleFrame {
  t: "idle";
  n: number;
  took_ms: number;
  dropped: number;
}

export type OutFrame =
  | { t: "ready" }
  | { t: "loaded"; wants_cache: boolean; drawn: string[]; drew_more: boolean }
  | { t: "not-loaded"; kind: "syntax" | "exception"; text: string }
  | { t: "line"; level: Level; text: string; n: number }
  | IdleFrame
  | NotBegunFrame
  | ({ t: "noted"; n: number } & Draw)
  | TracedFrame
  | AskingFrame
  | CacheChangedFrame
  | AnswerFrame;

type WithoutNumber<T> = T extends unknown ? Omit<T, "n"> : never;
export type Answer = WithoutNumber<AnswerFrame>;
/** An answer that is a function is made in the moment in which it leaves. */
export type Answering = (answer: Answer | (() => Answer)) => void;
/** Runs the rule once; answers the invocation when the rule has. */
export interface Rule {
  (run: RunFrame, invocation: Invocation): void;
  /** Whether its runs are to bring what its cache holds. */
  wantsCache?: boolean;
}
/** What a rule's text exports: it takes and gives anything. */
// deno-lint-ignore no-explicit-any -- with unknown, no function with typed parameters would fit
export type RuleFunction = (...args: any[]) => any;
