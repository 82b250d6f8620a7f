/** Calls of a rule to other services, which the test answers. Nothing reaches the network. */

import { MAX_CALLS, MAX_RESPONSE_BYTES } from "../contract/bounds.js";
import { TOO_LARGE } from "../contract/failures.js";
import { allowedPlace, CallDenied, parseEntries, placeOf } from "./urls.js";

/** @import { Answer, Request } from "../index.d.ts" */

const PARTS = new Set(["status", "headers", "json", "body"]);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** By the name or code of an error that a test gives, the code that a host's error has. @type {Record<string, string>} */
const CODES = {
  TimeoutError: "ETIMEDOUT",
  ETIMEDOUT: "ETIMEDOUT",
  ECONNREFUSED: "ECONNREFUSED",
  ENOTFOUND: "ENOTFOUND",
};

/** Answers the calls of one run. */
export class Calls {
  /** @type {any[]} */
  made = [];
  /** The error of the test's own function. @type {unknown} */
  wrong = undefined;
  #answers;
  #listed;

  /**
   * @param {Record<string, Answer> | ((request: Request) => any) | undefined} answers
   * @param {string[] | undefined} allowHosts
   */
  constructor(answers, allowHosts) {
    this.#answers = answers;
    this.#listed = allowHosts === undefined ? null : parseEntries(allowHosts);
  }

  /** @param {any} frame */
  async reply({ method, url, headers, body }) {
    const given = Object.fromEntries(
      headers.map((/** @type {[string, string]} */ [name, value]) => [name.toLowerCase(), value]),
    );
    const request = { method, url, headers: given, body, json: () => JSON.parse(decoder.decode(body)) };
    const call = { ...request, host: hostOf(url), status: /** @type {number | null} */ (null), error: "" };
    const number = this.made.push(call);
    try {
      if (number > MAX_CALLS) throw new CallDenied(`one invocation may make ${MAX_CALLS} calls`);
      allowedPlace(url, this.#listed);
      const reply = replyOf(await this.#answerTo(request), url);
      call.status = reply.status;
      return reply;
    } catch (error) {
      const { message, code } = /** @type {any} */ (error);
      call.error = message;
      return { error: message, code };
    }
  }

  /** @param {Request} request */
  async #answerTo(request) {
    const { method, url } = request;
    const unanswered = failed(`the test has no answer to it; give runRule fetch: { "${url}": … }`);
    const answers = this.#answers ?? {};
    if (typeof answers === "function") {
      /** @type {any} */
      let answer;
      try {
        answer = await answers(request);
      } catch (error) {
        if (isOfTheNetwork(error)) return error;
        this.wrong ??= error ?? new Error("the test's function threw nothing");
        throw failed("the test's function threw an error");
      }
      if (answer === undefined || answer === null) throw unanswered;
      return answer;
    }
    for (const name of [`${method} ${url}`, url]) if (Object.hasOwn(answers, name)) return answers[name];
    for (const [name, answer] of Object.entries(answers)) {
      const asked = name.includes(" ") ? `${method} ${url}` : url;
      if (name.endsWith("*") && asked.startsWith(name.slice(0, -1))) return answer;
    }
    throw unanswered;
  }
}

/**
 * @param {any} answer
 * @param {string} url
 */
function replyOf(answer, url) {
  if (answer instanceof Error) throw failed(answer.message, codeOf(answer));
  const { status, headers, body } = partsOf(answer);
  if (body.length > MAX_RESPONSE_BYTES) {
    throw failed(`the response's body is larger than ${MAX_RESPONSE_BYTES} bytes`, TOO_LARGE);
  }
  return { error: null, code: "", status, reason: "", headers, body, url, redirected: false };
}

/** @param {any} answer */
function partsOf(answer) {
  if (typeof answer === "number") return { status: answer, headers: [], body: new Uint8Array() };
  if (typeof answer === "string") return { status: 200, headers: [], body: encoder.encode(answer) };
  if (answer instanceof Uint8Array) return { status: 200, headers: [], body: answer };
  const names = Object.keys(answer ?? {});
  const isParts = !Array.isArray(answer) && names.length > 0 && names.every((name) => PARTS.has(name));
  const { status = 200, headers = {}, json, body = "" } = isParts ? answer : { json: answer };
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  if (json === undefined) {
    return { status, headers: named, body: typeof body === "string" ? encoder.encode(body) : body };
  }
  if (!named.some(([name]) => name === "content-type")) named.push(["content-type", "application/json"]);
  return { status, headers: named, body: encoder.encode(JSON.stringify(json)) };
}

/**
 * @param {string} message
 * @param {string} code
 */
function failed(message, code = "ECONNRESET") {
  return Object.assign(new Error(message), { code });
}

/** @param {any} error */
function codeOf(error) {
  return CODES[error.name] ?? CODES[error.code] ?? "ECONNRESET";
}

/** @param {any} error */
function isOfTheNetwork(error) {
  return error instanceof Error && (error.name in CODES || (/** @type {any} */ (error).code ?? "") in CODES);
}

/** @param {string} url */
function hostOf(url) {
  try {
    const { host, port } = placeOf(url);
    return port === 443 || port === 80 ? host : `${host}:${port}`;
  } catch {
    return "";
  }
}
