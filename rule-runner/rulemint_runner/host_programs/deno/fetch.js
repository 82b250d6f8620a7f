/** `fetch` without a socket: a call frame to the runner, whose broker makes the request, or says why not. */

import { ask, bodyIn, carried } from "./calls.js";
import { failure, noteRefusal } from "./failures.js";

/** @import { CallFrame, ReplyFrame } from "./frames.d.ts" */

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_URL_CHARACTERS = 8 * 1024;
const MAX_HEADERS = 100;
const TOO_LARGE = "ERR_RULEMINT_BODY_TOO_LARGE";
const NO_BODY = new Set([204, 205, 304]);

/** Put our `fetch` in the place of Deno's, which could reach nothing. */
export function defineFetch() {
  globalThis.fetch = fetchThroughRunner;
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
async function fetchThroughRunner(input, init) {
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  const body = request.body === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
  const { method, url, redirect } = request;
  const calling = call({ method, url, headers: [...request.headers], body, redirect });
  return responseOf(await Promise.race([calling, aborted(request.signal)]));
}

/**
 * Make one call; resolves to its answer. Throws a `TypeError` that says why there is none, with a cause as Node's `fetch`
 * has it: both have the code.
 *
 * @param {Omit<CallFrame, "t" | "id" | "n" | "body"> & { body: Uint8Array }} wanted
 */
export async function call({ body, ...wanted }) {
  const { url, headers } = wanted;
  if (body.length > MAX_BODY_BYTES) {
    throw failed(wanted, TOO_LARGE, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  }
  if (url.length > MAX_URL_CHARACTERS) throw failed(wanted, "ERR_RULEMINT_UNSUPPORTED", "the URL is too long");
  if (headers.length > MAX_HEADERS || headers.some(([name, value]) => name.length > 256 || value.length > 8192)) {
    throw failed(wanted, TOO_LARGE, "there are too many headers, or one that is too long");
  }
  /** @type {ReplyFrame} */
  const reply = await ask({ t: "call", ...wanted, body: carried(body) });
  if (reply.error !== null) throw failed(wanted, reply.code, reply.error);
  return reply;
}

/**
 * @param {{ method: string, url: string }} wanted
 * @param {string} code
 * @param {string} why
 */
function failed({ method, url }, code, why) {
  const origin = URL.canParse(url) ? new URL(url).origin : url;
  const message = `${method} ${origin}: ${why}`;
  noteRefusal(origin, { code, message });
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
