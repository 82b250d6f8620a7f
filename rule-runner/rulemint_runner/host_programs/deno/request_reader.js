/** A request of HTTP/1.1 (RFC 9112) as Node writes it, piece by piece → its parts. */

import contract from "host:contract" with { type: "json" };
import { failure, FORBIDDEN_HEADER, TOO_LARGE, UNSUPPORTED } from "./failures.js";

/** @typedef {{ method: string, target: string, headers: [string, string][], body: Uint8Array }} WrittenRequest */

const { head_bytes: MAX_HEAD_BYTES, body_bytes: MAX_BODY_BYTES } = contract.call;
const MAX_SIZE_LINE_BYTES = 32;
const END_OF_HEAD = "\r\n\r\n";
const NO_PROXY = "a rule's calls go through no proxy: leave the proxy out, and list the service in allow_hosts";
/** Header fields that ask for what is not there, and why. */
const REFUSED = new Map([
  ["upgrade", "a connection is never upgraded, so there are no WebSockets and no HTTP/2"],
  ["expect", "a request is sent whole, and nothing waits for 100-continue"],
  ["trailer", "a request has no trailers"],
  ["proxy-authorization", NO_PROXY],
]);

/** Reads one request. */
export class RequestReader {
  /** @type {Uint8Array[]} */
  #pieces = [];
  #rest = globalThis.Buffer.alloc(0);
  /** @type {Omit<WrittenRequest, "body"> | null} */
  #head = null;
  /** Bytes of the body, or of its chunk, that are still to come; null: the next line says how many. @type {number | null} */
  #left = 0;
  #isChunked = false;
  #length = 0;
  #isDone = false;

  /**
   * Add *piece*; returns the request once it is complete, else null. Throws if it is none that can be made a call.
   *
   * @param {Uint8Array} piece
   * @returns {WrittenRequest | null}
   */
  take(piece) {
    if (this.#isDone && piece.length > 0) {
      throw unsupported("the body of the request says neither its length nor its end");
    }
    this.#rest = globalThis.Buffer.concat([this.#rest, piece]);
    if (this.#head === null && !this.#readHead()) return null;
    while (!this.#isDone && this.#readPart());
    if (!this.#isDone || this.#head === null) return null;
    const head = this.#head;
    this.#head = null;
    return { ...head, body: globalThis.Buffer.concat(this.#pieces.splice(0)) };
  }

  #readHead() {
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end === -1) {
      if (this.#rest.length > MAX_HEAD_BYTES) {
        throw failure(Error, TOO_LARGE, `the head of a request is larger than ${MAX_HEAD_BYTES} bytes`);
      }
      return false;
    }
    const [first, ...lines] = this.#rest.toString("latin1", 0, end).split("\r\n");
    this.#rest = this.#rest.subarray(end + END_OF_HEAD.length);
    const headers = lines.map((line) => fieldOf(line));
    this.#head = { ...startOf(first), headers };
    this.#readFraming(headers);
    return true;
  }

  /** @param {[string, string][]} headers */
  #readFraming(headers) {
    for (const [given, value] of headers) {
      const name = given.toLowerCase();
      const why = REFUSED.get(name);
      if (why !== undefined) {
        throw failure(Error, FORBIDDEN_HEADER, `the header ${given} is not sent: ${why}`);
      }
      if (name === "content-length") {
        if (!/^\d+$/.test(value)) throw unsupported(`the content-length ${value} is no number of bytes`);
        this.#left = Number(value);
      }
      if (name === "transfer-encoding") this.#isChunked = true;
    }
    if (this.#isChunked) this.#left = null;
    else this.#count(this.#left ?? 0);
    this.#isDone = this.#left === 0;
  }

  /** Read what there is of the body's next part; false if there is too little. */
  #readPart() {
    if (this.#left === null) return this.#readSize();
    const piece = this.#rest.subarray(0, this.#left);
    this.#rest = this.#rest.subarray(piece.length);
    this.#pieces.push(piece);
    this.#left -= piece.length;
    if (this.#left > 0) return false;
    if (this.#isChunked) this.#left = null;
    else this.#isDone = true;
    return true;
  }

  /** The line before a chunk, with the end of the line of the chunk before it. */
  #readSize() {
    const line = this.#rest.toString("latin1", 0, MAX_SIZE_LINE_BYTES).match(/^(?:\r\n)?([0-9a-fA-F]+)\r\n/);
    if (line === null) {
      if (this.#rest.length >= MAX_SIZE_LINE_BYTES) throw unsupported("a chunk of the request says no size");
      return false;
    }
    const size = parseInt(line[1], 16);
    if (size > 0) {
      this.#count(size);
      this.#left = size;
    } else {
      if (this.#rest.length < line[0].length + 2) return false;
      if (this.#rest.toString("latin1", line[0].length) !== "\r\n") {
        throw unsupported("a rule's request has no trailers");
      }
      this.#isDone = true;
    }
    this.#rest = this.#rest.subarray(line[0].length);
    return true;
  }

  /** @param {number} size */
  #count(size) {
    this.#length += size;
    if (this.#length > MAX_BODY_BYTES) {
      throw failure(Error, TOO_LARGE, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
  }
}

/** @param {string} line */
function startOf(line) {
  const [method, target] = line.split(" ");
  if (method === "CONNECT" || /^[a-z][a-z0-9+.-]*:/i.test(target)) throw unsupported(NO_PROXY);
  if (target.startsWith("?")) return { method, target: `/${target}` };
  if (!target.startsWith("/")) throw unsupported(`the path ${target} of the request does not begin with /`);
  return { method, target };
}

/**
 * @param {string} line
 * @returns {[string, string]}
 */
function fieldOf(line) {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** @param {string} why */
function unsupported(why) {
  return failure(Error, UNSUPPORTED, why);
}
