/** A connection without a socket: the request that is written over it becomes a call, and the reply what is read. */

import { bodyIn } from "./calls.js";
import { failure } from "./failures.js";
import { call } from "./fetch.js";
import { RequestReader } from "./request_reader.js";

/** @import { ReplyFrame } from "./frames.d.ts" */

/** What describes the message on the wire: we write our own. */
const FRAMING = new Set(["connection", "content-length", "transfer-encoding", "keep-alive"]);
/** As `fetch` has it: of a socket Node says that it timed out. */
const CONNECT_TIMED_OUT = "UND_ERR_CONNECT_TIMEOUT";
const WITHOUT_BODY = new Set([204, 304]);

/** @type {any} */
let type;

/**
 * The type of these connections, made once: it derives from Node's streams.
 *
 * @param {any} stream
 * @param {Record<number, string>} reasons
 */
export function connectionType({ Duplex }, reasons) {
  type ??= class Socket extends Duplex {
    connecting = true;
    pending = true;
    encrypted = true;
    authorized = true;
    alpnProtocol = false;
    timeout = 0;
    bytesRead = 0;
    bytesWritten = 0;
    #reader = new RequestReader();
    #isRefused = false;
    /** @type {any} */
    #timer;

    /** @param {string} origin */
    constructor(origin) {
      super();
      this.origin = origin;
      const { nextTick } = globalThis.process;
      nextTick(() => nextTick(() => this.#connect())); // once whoever asked has it, and listens
    }

    get readyState() {
      if (this.connecting) return "opening";
      return this.destroyed ? "closed" : "open";
    }

    #connect() {
      if (this.destroyed) return;
      this.connecting = this.pending = false;
      this.emit("connect");
      this.emit("ready");
      if (this.origin.startsWith("https:")) this.emit("secureConnect");
    }

    /**
     * @param {Uint8Array} piece
     * @param {string} _encoding
     * @param {(error?: Error) => void} done
     */
    _write(piece, _encoding, done) {
      if (this.#isRefused) return done();
      this.#wind();
      this.bytesWritten += piece.length;
      try {
        const request = this.#reader.take(piece);
        if (request !== null) this.#send(request);
        done();
      } catch (error) {
        this.#isRefused = true;
        done(/** @type {Error} */ (error));
      }
    }

    /** @param {() => void} done */
    _final(done) {
      done();
    }

    _read() {}

    /** @param {Error | null} error @param {(error: Error | null) => void} done */
    _destroy(error, done) {
      clearTimeout(this.#timer);
      this.connecting = false;
      done(error);
    }

    destroySoon() {
      if (this.writable) this.end();
      if (this.writableFinished) this.destroy();
      else this.once("finish", this.destroy);
    }

    /** @param {import("./request_reader.js").WrittenRequest} request */
    async #send({ method, target, headers, body }) {
      let reply;
      try {
        const own = headers.filter(([name, value]) => !this.#isOfTheWire(name.toLowerCase(), value));
        const wanted = { method, url: this.origin + target, body, redirect: /** @type {const} */ ("manual") };
        reply = await call({ ...wanted, headers: own, as_sent: true });
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        this.destroy(failure(Error, code === CONNECT_TIMED_OUT ? "ETIMEDOUT" : code, message));
        return;
      }
      if (this.destroyed) return;
      this.#wind();
      const bytes = bytesOf(reply, method, reasons);
      this.bytesRead += bytes.length;
      this.push(bytes);
    }

    /**
     * @param {string} name
     * @param {string} value
     */
    #isOfTheWire(name, value) {
      return FRAMING.has(name) || (name === "host" && this.origin.endsWith(`//${value}`));
    }

    /** @param {number} milliseconds @param {() => void} [callback] */
    setTimeout(milliseconds, callback) {
      this.timeout = milliseconds;
      if (callback && milliseconds > 0) this.once("timeout", callback);
      else if (callback) this.removeListener("timeout", callback);
      this.#wind();
      return this;
    }

    /** As long as nothing happens, its time runs. */
    #wind() {
      clearTimeout(this.#timer);
      if (this.timeout <= 0 || this.destroyed) return;
      this.#timer = setTimeout(() => this.emit("timeout"), this.timeout);
      this.#timer.unref(); // as Node's: a connection that nobody uses any more keeps no invocation
    }

    setKeepAlive() {
      return this;
    }
    setNoDelay() {
      return this;
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    address() {
      return {};
    }
    /** What the runner verifies; the certificate itself stays there. */
    getPeerCertificate() {
      if (!this.origin.startsWith("https:")) return {};
      const { hostname } = new URL(this.origin);
      return { subject: { CN: hostname }, subjectaltname: `DNS:${hostname}` };
    }
    getCipher() {
      return {};
    }
    getProtocol() {
      return "TLSv1.3";
    }
    getSession() {}
    isSessionReused() {
      return false;
    }
  };
  return type;
}

/**
 * *reply* as it would have come over a connection that is then closed.
 *
 * @param {ReplyFrame} reply
 * @param {string} method
 * @param {Record<number, string>} reasons
 */
function bytesOf({ status, reason, headers, body }, method, reasons) {
  const { Buffer } = globalThis;
  const content = Buffer.from(bodyIn(body).buffer);
  const hasBody = method !== "HEAD" && !WITHOUT_BODY.has(status);
  const kept = headers.filter(([name]) => !FRAMING.has(name) || (name === "content-length" && !hasBody));
  if (hasBody) kept.push(["content-length", String(content.length)]);
  kept.push(["connection", "close"]);
  const lines = kept.map(([name, value]) => `${name}: ${value}`);
  const head = `HTTP/1.1 ${status} ${reason || (reasons[status] ?? "")}\r\n${lines.join("\r\n")}\r\n\r\n`;
  return Buffer.concat(hasBody ? [Buffer.from(head, "latin1"), content] : [Buffer.from(head, "latin1")]);
}
