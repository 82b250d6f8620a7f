// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/fetch.js: change that, and run `make sdk`.
/** `fetch` without a socket: a call frame to the runner, whose broker makes the request, or says why not. */

import contract from "./host_contract.js";
import { ask, bodyIn, carried } from "../host/calls.js";
import { failure, noteRefusal, TOO_LARGE, UNSUPPORTED } from "./failures.js";

/** @import { CallFrame, ReplyFrame } from "./frames.d.ts" */

const max = { ...contract.call };
/** URLs that lead nowhere: they hold their content, or name what this host holds. */
const IN_MEMORY = /^(?:data|blob):/;
/** @type {(request: Request) => Promise<Response>} */
let fetchInMemory;
/** The dispatchers of undici that only keep connections, and where it has the one of all calls. */
const ORDINARY = new Set(["Agent", "BalancedPool", "Client", "Pool", "RetryAgent"]);
const OF_ALL_CALLS = Symbol.for("undici.globalDispatcher.1");
const NO_OTHER_WAY = "a rule's calls go through the runner, so there is no proxy and no dispatcher: leave it out";
const NO_BODY = new Set([204, 205, 304]);

/** Put our `fetch` in the place of Deno's, which could reach nothing. */
export function defineFetch() {
  const native = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, "fetch"));
  fetchInMemory = (request) => (native.get?.call(globalThis) ?? native.value)(request);
  globalThis.fetch = fetchThroughRunner;
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
async function fetchThroughRunner(input, init) {
  const request = new Request(input, init);
  if (leadsElsewhere(init ?? {})) throw failed(request, UNSUPPORTED, NO_OTHER_WAY);
  if (IN_MEMORY.test(request.url)) return await fetchInMemory(request);
  request.signal.throwIfAborted();
  const body = request.body === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
  const { method, url, redirect } = request;
  const calling = call({ method, url, headers: [...request.headers], body, redirect });
  return responseOf(await Promise.race([calling, aborted(request.signal)]));
}

/**
 * Whether the options of a call, or what undici was told for all of them, would send it another way.
 *
 * @param {Record<string, any>} options
 */
function leadsElsewhere({ dispatcher, agent, client, proxy }) {
  const used = dispatcher ?? /** @type {any} */ (globalThis)[OF_ALL_CALLS];
  if (used !== undefined && used !== null && !ORDINARY.has(used.constructor?.name)) return true;
  return Boolean(client ?? proxy) || /proxy/i.test(agent?.constructor?.name ?? "");
}

/**
 * Make one call; resolves to its answer. Throws a `TypeError` that says why there is none, with a cause as Node's `fetch`
 * has it: both have the code.
 *
 * @param {Omit<CallFrame, "t" | "id" | "n" | "body"> & { body: Uint8Array }} wanted
 */
export async function call({ body, ...wanted }) {
  const { url, headers } = wanted;
  if (body.length > max.body_bytes) {
    throw failed(wanted, TOO_LARGE, `the body is larger than ${max.body_bytes} bytes`);
  }
  if (url.length > max.url_characters) throw failed(wanted, UNSUPPORTED, "the URL is too long");
  const isTooLong = (/** @type {[string, string]} */ [name, value]) =>
    name.length > max.header_name_characters || value.length > max.header_value_characters;
  if (headers.length > max.headers || headers.some(isTooLong)) {
    throw failed(wanted, TOO_LARGE, "there are too many headers, or one that is too long");
  }
  /** @type {ReplyFrame} */
  const reply = await ask({ t: "call", ...wanted, body: carried(body) });
  if (reply.error !== null) throw failed(wanted, reply.code, reply.error);
  return reply;
}

/**
 * @param {{ method: string, url: string, redirect: string }} wanted
 * @param {string} code
 * @param {string} why
 */
function failed({ method, url, redirect }, code, why) {
  const { host, origin } = URL.canParse(url) ? new URL(url) : { host: "", origin: "" };
  if (host === "") return failure(TypeError, code, why, { cause: failure(Error, code, why) });
  const message = `${method} ${origin}: ${why}`;
  noteRefusal(redirect === "manual" ? origin : message, { code, message }); // else it may be that of where it led
  return failure(TypeError, code, message, { cause: failure(Error, code, why) });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function aborted(signal) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** @param {ReplyFrame} reply */
function responseOf(reply) {
  const { status, reason, url, redirected } = reply;
  const body = NO_BODY.has(status) ? null : bodyIn(reply.body);
  const response = new Response(body, { status, statusText: reason, headers: reply.headers });
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}
