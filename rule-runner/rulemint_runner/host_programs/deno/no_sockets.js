/**
 * The refusal of every socket, in words that are heard: many libraries try again and again, and then say that it took too
 * long. So the log has what was refused as soon as it is tried again, and a failure of the rule has it too.
 */

import { writeLine } from "./capture.js";
import { noteNoConnection, UNSUPPORTED } from "./failures.js";
import { REACHABLE } from "./refused.js";

const LOOK_UPS = /^(?:lookup|resolve|reverse)/;
/** The name of a package that speaks gRPC, in the place of its code. */
const OF_GRPC = /[@/+]grpc[/+-]/;
const NO_HTTP2 = `HTTP/2 needs a socket: ${REACHABLE}`;
const NO_GRPC = "gRPC needs HTTP/2 over a socket, which a rule does not have: call the service's HTTP API";

/**
 * The error of a connection to *host*.
 *
 * @param {string} host
 */
export function noConnection(host, why = REACHABLE) {
  return refusal(`no connection to ${host}`, why);
}

/** @param {string} host */
function noLookUp(host) {
  return refusal(`no look-up of ${host}`, REACHABLE);
}

/**
 * @param {string} what
 * @param {string} why
 */
function refusal(what, why) {
  const isOfGrpc = OF_GRPC.test(String(new Error().stack));
  const message = `${what}: ${isOfGrpc ? NO_GRPC : why}`;
  if (noteNoConnection(what, message) === (isOfGrpc ? 1 : 2)) writeLine("warn", message);
  return Object.assign(new Error(message), { code: UNSUPPORTED });
}

/**
 * Every function of `dns` that asks somebody. An address needs no asking.
 *
 * @param {any} dns
 * @param {(name: string) => any} load
 */
export function refuseLookUps(dns, load) {
  const { isIP } = load("net");
  for (const asking of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
    asking.getServers = () => [];
  }
  /** @param {any} asking @param {(error: Error, callback: any) => unknown} refuse */
  const change = (asking, refuse) => {
    for (const name of Object.getOwnPropertyNames(asking).filter((name) => LOOK_UPS.test(name))) {
      const given = asking[name];
      /** @param {any[]} args */
      asking[name] = function (...args) {
        if (name === "lookup" && isIP(args[0])) return given.apply(this, args);
        return refuse(noLookUp(args[0]), args.at(-1));
      };
    }
  };
  for (const asking of [dns, dns.Resolver.prototype]) {
    change(asking, (error, callback) => queueMicrotask(() => callback(error)));
  }
  for (const asking of [dns.promises, dns.promises.Resolver.prototype]) {
    change(asking, (error) => Promise.reject(error));
  }
}

/**
 * Have every session of `http2` end with an error that says why. A server listens, which is refused with all others.
 *
 * @param {any} http2
 * @param {(name: string) => any} load
 */
export function refuseSessions(http2, load) {
  const { Socket } = load("net");
  const { connect } = http2;
  /** @param {string | URL} authority @param {any[]} rest */
  http2.connect = (authority, ...rest) => {
    const { protocol, hostname, port } = new URL(authority);
    const error = noConnection(`${hostname}:${port || (protocol === "http:" ? 80 : 443)}`, NO_HTTP2);
    const createConnection = () => {
      const socket = new Socket();
      globalThis.process.nextTick(() => socket.destroy(error));
      return socket;
    };
    const options = typeof rest[0] === "object" ? rest[0] : {};
    const session = connect(authority, { ...options, createConnection });
    const emit = session.emit.bind(session);
    session.emit = (/** @type {string} */ name, /** @type {any[]} */ ...args) =>
      name !== "connect" && emit(name, ...args);
    return session;
  };
}
