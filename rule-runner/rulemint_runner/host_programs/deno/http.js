/**
 * `http` and `https` without a socket: what libraries build on them is a call frame to the runner, like `fetch`.
 *
 * A request is collected until it ends; a response comes whole. Everything else of the two modules stays Node's own.
 */

import { call } from "./fetch.js";

const SCHEMES = new Map([["http", "http:"], ["node:http", "http:"], ["https", "https:"], ["node:https", "https:"]]);
/** @type {Map<string, any>} */
const made = new Map();

/** @param {string} specifier */
export function isHttp(specifier) {
  return SCHEMES.has(specifier);
}

/**
 * Our `http` or `https`; undefined for every other name.
 *
 * @param {string} specifier
 * @param {(specifier: string) => any} getBuiltinModule
 */
export function httpModule(specifier, getBuiltinModule) {
  const protocol = SCHEMES.get(specifier);
  if (protocol === undefined) return undefined;
  let module = made.get(protocol);
  if (module === undefined) {
    const types = streamsOf(getBuiltinModule("node:stream"), getBuiltinModule("node:http").STATUS_CODES);
    module = moduleOf(protocol, types, getBuiltinModule(protocol === "http:" ? "node:http" : "node:https"));
    made.set(protocol, module);
  }
  return module;
}

/**
 * @param {string} protocol
 * @param {any} types
 * @param {any} node
 */
function moduleOf(protocol, types, node) {
  const request = (/** @type {any[]} */ ...args) => new types.ClientRequest(protocol, ...parsed(args));
  const get = (/** @type {any[]} */ ...args) => {
    const made = request(...args);
    made.end();
    return made;
  };
  return { ...node, ...types, request, get };
}

/**
 * `(url[, options][, callback])` or `(options[, callback])`.
 *
 * @param {any[]} args
 */
function parsed(args) {
  const callback = typeof args.at(-1) === "function" ? args.pop() : undefined;
  let [first, second] = args;
  if (typeof first === "string") first = new URL(first);
  const options = first instanceof URL ? { ...ofUrl(first), ...second } : { ...first };
  return [options, callback];
}

/** @param {URL} url */
function ofUrl(url) {
  const { protocol, hostname, port, pathname, search, username, password } = url;
  const auth = username || password ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}` : undefined;
  return { protocol, hostname, port, path: `${pathname}${search}`, ...(auth && { auth }) };
}

/**
 * @param {any} stream
 * @param {Record<number, string>} reasons
 */
function streamsOf({ Readable, Writable, Stream }, reasons) {
  const EventEmitter = Object.getPrototypeOf(Stream);
  class IncomingMessage extends Readable {
    /** @param {any} reply */
    constructor(reply) {
      super();
      this.statusCode = reply.status;
      this.statusMessage = reply.reason || reasons[reply.status] || "";
      this.httpVersion = "1.1";
      this.httpVersionMajor = this.httpVersionMinor = 1;
      this.headers = headersOf(reply.headers);
      this.rawHeaders = reply.headers.flat();
      this.trailers = {};
      /** @type {string[]} */
      this.rawTrailers = [];
      this.complete = false;
      this.socket = this.connection = socketOf(EventEmitter);
      this.body = Uint8Array.fromBase64(reply.body);
    }
    _read() {
      if (this.body.length > 0) this.push(globalThis.Buffer.from(this.body.buffer));
      this.body = new Uint8Array();
      this.complete = true;
      this.push(null);
    }
    setTimeout() {
      return this;
    }
  }

  class ClientRequest extends Writable {
    /**
     * @param {string} protocol
     * @param {any} options
     * @param {((response: IncomingMessage) => void) | undefined} callback
     */
    constructor(protocol, options, callback) {
      super({ autoDestroy: false, emitClose: false });
      this.method = (options.method ?? "GET").toUpperCase();
      this.protocol = options.protocol ?? protocol;
      this.host = (options.hostname ?? options.host ?? "localhost").replace(/:\d+$/, "");
      this.path = options.path ?? "/";
      this.agent = options.agent;
      this.aborted = this.reusedSocket = false;
      this.socket = this.connection = socketOf(EventEmitter);
      this.port = options.port || options.defaultPort;
      /** @type {Map<string, [string, string | string[]]>} */
      this.fields = new Map();
      /** @type {Uint8Array[]} */
      this.pieces = [];
      for (const [name, value] of entriesOf(options.headers)) this.setHeader(name, value);
      if (options.auth && !this.hasHeader("authorization")) {
        this.setHeader("Authorization", `Basic ${globalThis.Buffer.from(options.auth).toString("base64")}`);
      }
      if (callback) this.once("response", callback);
      if (options.timeout) this.setTimeout(options.timeout);
      options.signal?.addEventListener("abort", () => this.destroy(options.signal.reason), { once: true });
      if (options.signal?.aborted) this.destroy(options.signal.reason);
    }

    get url() {
      const port = this.port ? `:${this.port}` : "";
      return `${this.protocol}//${this.host}${port}${this.path}`;
    }
    /**
     * @param {string} name
     * @param {any} value
     */
    setHeader(name, value) {
      this.fields.set(name.toLowerCase(), [name, Array.isArray(value) ? value.map(String) : String(value)]);
      return this;
    }
    /** @param {string} name */
    getHeader(name) {
      return this.fields.get(name.toLowerCase())?.[1];
    }
    getHeaders() {
      return Object.fromEntries([...this.fields].map(([name, [, value]]) => [name, value]));
    }
    getHeaderNames() {
      return [...this.fields.keys()];
    }
    getRawHeaderNames() {
      return [...this.fields.values()].map(([name]) => name);
    }
    /** @param {string} name */
    hasHeader(name) {
      return this.fields.has(name.toLowerCase());
    }
    /** @param {string} name */
    removeHeader(name) {
      this.fields.delete(name.toLowerCase());
    }
    /** @param {number} milliseconds @param {() => void} [callback] */
    setTimeout(milliseconds, callback) {
      if (callback) this.once("timeout", callback);
      clearTimeout(this.timer);
      if (milliseconds > 0) this.timer = setTimeout(() => this.emit("timeout"), milliseconds);
      return this;
    }
    setNoDelay() {}
    setSocketKeepAlive() {}
    flushHeaders() {}
    abort() {
      if (this.aborted) return;
      this.aborted = true;
      this.emit("abort");
      this.destroy();
    }

    /** @param {Uint8Array | string} piece @param {BufferEncoding} encoding @param {() => void} done */
    _write(piece, encoding, done) {
      this.pieces.push(typeof piece === "string" ? globalThis.Buffer.from(piece, encoding) : piece);
      done();
    }
    /** @param {() => void} done */
    _final(done) {
      done();
      this.send();
    }
    /** @param {Error | null} error @param {(error: Error | null) => void} done */
    _destroy(error, done) {
      clearTimeout(this.timer);
      const hungUp = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      done(error ?? (this.res || this.aborted ? null : hungUp()));
    }
    async send() {
      /** @type {[string, string][]} */
      const headers = [...this.fields.values()].flatMap(([name, value]) =>
        [value].flat().map((each) => /** @type {[string, string]} */ ([name, each]))
      );
      try {
        const body = globalThis.Buffer.concat(this.pieces);
        this.answer(await call({ method: this.method, url: this.url, headers, body, redirect: "manual" }));
      } catch (error) {
        this.destroy(Object.assign(/** @type {Error} */ (error), { code: "ECONNREFUSED" }));
      }
    }
    /** @param {any} reply */
    answer(reply) {
      clearTimeout(this.timer);
      if (this.destroyed && this.aborted) return;
      const response = this.res = new IncomingMessage(reply);
      Object.assign(response, { req: this, url: "" });
      response.once("end", () => this.emit("close"));
      if (!this.emit("response", response)) response.resume();
    }
  }
  return { IncomingMessage, ClientRequest };
}

/** @param {any} headers */
function entriesOf(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {}).filter(([, value]) => value !== undefined);
  if (headers.every(Array.isArray)) return headers;
  return headers.flatMap((name, index) => index % 2 ? [] : [[name, headers[index + 1]]]);
}

/**
 * As Node joins them: `set-cookie` is a list, the others are joined by commas.
 *
 * @param {[string, string][]} pairs
 */
function headersOf(pairs) {
  /** @type {Record<string, any>} */
  const headers = {};
  for (const [given, value] of pairs) {
    const name = given.toLowerCase();
    if (name === "set-cookie") (headers[name] ??= []).push(value);
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

/**
 * What libraries look at of a connection: there is none, so nothing ever happens to it.
 *
 * @param {any} EventEmitter
 */
function socketOf(EventEmitter) {
  const nothing = () => {};
  const names = ["setTimeout", "setKeepAlive", "setNoDelay", "destroy", "end", "ref", "unref"];
  const methods = Object.fromEntries(names.map((name) => [name, nothing]));
  return Object.assign(new EventEmitter(), methods, {
    encrypted: true,
    authorized: true,
    readable: true,
    writable: true,
  });
}
