/** `fetch` without a socket: a call frame to the runner, whose broker makes the request, or says why not. */

import { readFrameLater, writeFrame } from "./channel.js";

/** @import { CallFrame, ReplyFrame } from "./frames.d.ts" */

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_URL_CHARACTERS = 8 * 1024;
const MAX_HEADERS = 100;
const NO_BODY = new Set([204, 205, 304]);

/** @type {Map<number, (reply: ReplyFrame) => void>} */
const waiting = new Map();
/** @type {Promise<void> | null} */
let reading = null;
let calls = 0;

/** Put our `fetch` in the place of Deno's, which could reach nothing. */
export function defineFetch() {
  globalThis.fetch = fetchThroughRunner;
}

/** Wait until every call has its reply: the runner answers those that nobody waits for as soon as the rule has. */
export async function settled() {
  while (reading !== null) await reading;
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
async function fetchThroughRunner(input, init) {
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  const body = request.body === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
  const frame = callOf(request, body);
  const reply = await Promise.race([replyTo(frame), aborted(request.signal)]);
  if (reply.error !== null) throw new TypeError(`fetch ${request.url}: ${reply.error}`);
  return responseOf(reply);
}

/**
 * @param {Request} request
 * @param {Uint8Array} body
 * @returns {CallFrame}
 */
function callOf(request, body) {
  const headers = [...request.headers];
  if (body.length > MAX_BODY_BYTES) throw new TypeError(`fetch: the body is larger than ${MAX_BODY_BYTES} bytes`);
  if (request.url.length > MAX_URL_CHARACTERS) throw new TypeError("fetch: the URL is too long");
  if (headers.length > MAX_HEADERS || headers.some(([name, value]) => name.length > 256 || value.length > 8192)) {
    throw new TypeError("fetch: too many headers, or one that is too long");
  }
  const { method, url, redirect } = request;
  return { t: "call", id: ++calls, method, url, headers, body: body.toBase64(), redirect };
}

/**
 * Send `frame`; resolves to the reply that bears its number.
 *
 * @param {CallFrame} frame
 * @returns {Promise<ReplyFrame>}
 */
function replyTo(frame) {
  const { promise, resolve } = Promise.withResolvers();
  waiting.set(frame.id, resolve);
  writeFrame(frame);
  reading ??= readReplies();
  return promise;
}

/** Hand out replies until nobody waits for one. Whoever calls once it has ended starts it anew. */
async function readReplies() {
  while (waiting.size > 0) {
    const reply = await readFrameLater();
    if (reply === null) break;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  }
  reading = null;
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
