/**
 * Calls of the gateway. The session's cookie goes along by itself; no token is ever in the page.
 *
 *     const { body, etag } = await get("/api/v2/rules", { query: { name: "billing" } });
 *     await patch(`/api/v2/rules/${id}`, { enabled: false }, { ifMatch: etag });
 */

import { problemOf, unreachable } from "./problem.js";

/** @typedef {{ status: number, body: any, etag: string | null, headers: Headers }} Answer */
/** @typedef {{ query?: Record<string, string | number | boolean | null | undefined>, ifMatch?: string | null, signal?: AbortSignal, headers?: Record<string, string> }} Options */

/** A page of another origin cannot send it without being asked first. */
const OWN = { "X-Rulemint-Console": "1" };

/** @type {Set<() => void>} */
const hearSignedOut = new Set();

/**
 * Hear that an answer said that the session has ended.
 * @param {() => void} hear
 */
export function onSignedOut(hear) {
  hearSignedOut.add(hear);
}

/**
 * @param {string} path
 * @param {Options} [options]
 */
export const get = (path, options) => call("GET", path, undefined, options);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @param {Options} [options]
 */
export const post = (path, body, options) => call("POST", path, body, options);

/**
 * @param {string} path
 * @param {unknown} body
 * @param {Options} [options]
 */
export const patch = (path, body, options) => call("PATCH", path, body, options);

/**
 * @param {string} path
 * @param {unknown} body
 * @param {Options} [options]
 */
export const put = (path, body, options) => call("PUT", path, body, options);

/**
 * @param {string} path
 * @param {Options} [options]
 */
export const del = (path, options) => call("DELETE", path, undefined, options);

/**
 * @param {string} method
 * @param {string} path of this gateway, such as `/api/v2/rules`
 * @param {unknown} [body] sent as JSON
 * @param {Options} [options] `ifMatch`: the `etag` of the record as it was read
 * @returns {Promise<Answer>}
 * @throws {import("./problem.js").Problem} the answer is an error, or none came
 */
export async function call(method, path, body, { query, ifMatch, signal, headers } = {}) {
  /** @type {Response} */
  let answer;
  let text;
  try {
    answer = await fetch(addressOf(path, query), {
      method,
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : OWN),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(ifMatch ? { "If-Match": ifMatch } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal,
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  const decoded = decodedOf(text);
  if (!answer.ok) {
    if (answer.status === 401) hearSignedOut.forEach((hear) => hear());
    throw problemOf(answer.status, answer.headers, decoded);
  }
  return { status: answer.status, body: decoded, etag: answer.headers.get("ETag"), headers: answer.headers };
}

/**
 * A path with a query, without what is not given.
 * @param {string} path
 * @param {Options["query"]} [query]
 */
export function addressOf(path, query) {
  const given = Object.entries(query ?? {}).filter(([, value]) =>
    value !== undefined && value !== null && value !== ""
  );
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

/** @param {string} text */
function decodedOf(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
