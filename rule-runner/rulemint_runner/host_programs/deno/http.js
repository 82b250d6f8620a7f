/**
 * `http` and `https` of Node's own, over connections that are calls to the runner: events, timeouts and agents are
 * Node's, and there is no socket. An agent that opens a connection of another kind, such as one to a proxy, finds none.
 */

import { connectionType } from "./connection.js";
import { failure, isRefused, UNSUPPORTED } from "./failures.js";

/** @typedef {(name: string) => any} Load */

/** @param {any} http @param {Load} load */
export function changeHttp(http, load) {
  connectBy(http.Agent, "http:", load);
}

/** @param {any} https @param {Load} load */
export function changeHttps(https, load) {
  load("http");
  connectBy(https.Agent, "https:", load);
}

/**
 * Have every agent of this type, and of those derived from it, open our connections.
 *
 * @param {any} Agent
 * @param {"http:" | "https:"} protocol
 * @param {Load} load
 */
function connectBy(Agent, protocol, load) {
  const Connection = connectionType(load("stream"), load("http").STATUS_CODES);
  /** @param {any} options @param {() => void} [connected] */
  Agent.prototype.createConnection = function (options, connected) {
    const { host, port, socketPath, timeout } = options;
    if (socketPath) {
      throw failure(Error, UNSUPPORTED, `no connection to ${socketPath}: a rule reaches no socket`);
    }
    const origin = originOf(protocol, host ?? "localhost", Number(port));
    const refusal = isRefused(origin);
    if (refusal) throw failure(TypeError, refusal.code, refusal.message); // no library takes it for the network's
    const connection = new Connection(origin);
    if (timeout) connection.setTimeout(timeout);
    if (connected) connection.once(protocol === "https:" ? "secureConnect" : "connect", connected);
    return connection;
  };
}

/**
 * @param {string} protocol
 * @param {string} host
 * @param {number} port
 */
function originOf(protocol, host, port) {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${protocol}//${name}${port === (protocol === "https:" ? 443 : 80) ? "" : `:${port}`}`;
}
