/** `fetch` without a socket: a call frame to the runner, whose broker makes the request, or says why not. */

import { ask } from "./calls.js";

/** @import { ReplyFrame } from "./frames.d.ts" */

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_URL_CHARACTERS = 8 * 1024;
const MAX_HEADERS = 100;
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
 * Make one call; resolves to its answer. Throws a `TypeError` that says why there is none.
 *
 * @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array, redirect: RequestRedirect }} wanted
 */
export async function call({ method, url, headers, body, redirect }) {
  if (body.length > MAX_BODY_BYTES) throw new TypeError(`fetch: the body is larger than ${MAX_BODY_BYTES} bytes`);
  if (url.length > MAX_URL_CHARACTERS) throw new TypeError("fetch: the URL is too long");
  if (headers.length > MAX_HEADERS || headers.some(([name, value]) => name.length > 256 || value.length > 8192)) {
    throw new TypeError("fetch: too many headers, or one that is too long");
  }
  /** @type {ReplyFrame} */
  const reply = await ask({ t: "call", method, url, headers, body: body.toBase64(), redirect });
  if (reply.error !== null) throw new TypeError(`fetch ${url}: ${reply.error}`);
  return reply;
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
  const body = NO_BODY.has(status) ? null : Uint8Array.fromBase64(reply.body);
  const response = new Response(body, { status, statusText: reason, headers: reply.headers });
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}
