/**
 * What is changed of Node's modules when they are first asked for: functions that would only fail for a reason that nobody
 * understands say in words that the sandbox refuses it, and those that libraries look around by answer.
 */

import { changeFiles } from "./files.js";
import { changeHttp, changeHttps } from "./http.js";
import { noConnection, refuseLookUps, refuseSessions } from "./no_sockets.js";
import { changePromises, changeTimers } from "./promised_timers.js";
import { changeCrypto, defineRandomness } from "./randomness.js";
import { REACHABLE, REFUSED, refusedWorker } from "./refused.js";
import { defineTimes } from "./times.js";

/** @typedef {(specifier: string) => any} Require */

/**
 * Functions that refuse, by their names.
 *
 * @param {string} module
 * @param {string[]} names
 * @param {string} why
 */
function refusing(module, names, why = REFUSED) {
  return Object.fromEntries(names.map((name) => [name, () => {
    throw Object.assign(new Error(`${module}.${name}: ${why}`), { code: "EPERM" });
  }]));
}

/** How a rule would end its host, of which it has but one invocation. */
export const REFUSED_OF_PROCESS = refusing("process", ["exit", "reallyExit", "abort", "kill"]);

const CHILDREN = ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"];
const DESCRIPTORS = ["read", "readSync", "readv", "readvSync", "write", "writeSync", "writev", "writevSync"];

/**
 * Module → what is changed of it when it is first asked for. A file can be opened by nobody, so every descriptor is
 * the host's own.
 *
 * @type {Record<string, (module: any, load: (name: string) => any, require: Require) => void>}
 */
const CHANGES = {
  child_process: (module) => Object.assign(module, refusing("child_process", CHILDREN)),
  console: (module) => Object.assign(module, linesOf(globalThis.console)),
  crypto: changeCrypto,
  cluster: (module) => Object.assign(module, refusing("cluster", ["fork"])),
  dgram: (module) => Object.assign(module, refusing("dgram", ["createSocket"], REACHABLE)),
  dns: refuseLookUps,
  "dns/promises": (_module, load) => load("dns"),
  fs: (module) => changeFiles(Object.assign(module, refusing("fs", DESCRIPTORS))),
  "fs/promises": (_module, load) => load("fs"),
  http: changeHttp,
  https: changeHttps,
  http2: refuseSessions,
  inspector: (module) => Object.assign(module, { url: () => undefined, Session: refusedSession }),
  "inspector/promises": (module) => Object.assign(module, { Session: refusedSession }),
  module: (module, _load, require) => Object.assign(module, { createRequire: () => require }),
  net: refuseNamesAndDescriptors,
  perf_hooks: (module) => Object.assign(module, refusing("perf_hooks", ["monitorEventLoopDelay"])),
  timers: changeTimers,
  "timers/promises": changePromises,
  tls: (_module, load) => load("net"),
  tty: (module) => refuseDescriptors(module, ["ReadStream", "WriteStream"], () => true),
  vm: changeContexts,
  worker_threads: (module) => Object.assign(module, { Worker: refusedWorker }),
  v8: (module) => Object.assign(module, refusing("v8", ["writeHeapSnapshot"])),
};
const changed = new Set();

/** @param {string} specifier */
export function isChanged(specifier) {
  return Object.hasOwn(CHANGES, specifier.replace(/^node:/, ""));
}

/**
 * Change *module* of Node's, if it is one that is changed, once.
 *
 * @param {string} specifier
 * @param {any} module
 * @param {(name: string) => any} load
 * @param {Require} require
 */
export function change(specifier, module, load, require) {
  const name = specifier.replace(/^node:/, "");
  if (!isChanged(name) || changed.has(name)) return;
  changed.add(name);
  CHANGES[name](module, load, require);
}

/**
 * The functions of *console*, for the module of that name: its own would write where the host speaks to the runner.
 *
 * @param {any} console
 */
function linesOf(console) {
  return Object.fromEntries(Object.keys(console).map((name) => [name, console[name]]));
}

/** In the place of a session with the engine: a host that explains has one of its own. */
function refusedSession() {
  throw Object.assign(new Error(`inspector.Session: ${REFUSED}`), { code: "EPERM" });
}

/**
 * Have a context of its own tell the rule's time, and draw as the rule does.
 *
 * @param {any} vm
 */
function changeContexts(vm) {
  const { createContext, runInContext } = vm;
  const prepared = (/** @type {any[]} */ ...given) => {
    const context = createContext(...given);
    const realm = runInContext("globalThis", context);
    defineTimes(realm);
    defineRandomness(realm);
    return context;
  };
  vm.createContext = prepared;
  vm.runInNewContext = (/** @type {string} */ code, /** @type {object} */ context, /** @type {any} */ options) =>
    runInContext(code, prepared(context, ofContext(options)), options);
  /** @this {any} @param {object} [context] @param {any} [options] */
  vm.Script.prototype.runInNewContext = function (context, options) {
    return this.runInContext(prepared(context, ofContext(options)), options);
  };
}

/**
 * What of the options of a script is of its context.
 *
 * @param {any} options
 */
function ofContext(options) {
  if (typeof options !== "object" || options === null) return undefined;
  const { contextName: name, contextOrigin: origin, contextCodeGeneration: codeGeneration, microtaskMode } = options;
  return { name, origin, codeGeneration, microtaskMode };
}

/**
 * Have a socket of Node's refuse a name as it refuses an address, and every descriptor.
 *
 * @param {any} net
 */
function refuseNamesAndDescriptors(net) {
  refuseDescriptors(net, ["Socket"], (options) => typeof options?.fd === "number");
  const { connect } = net.Socket.prototype;
  /** @param {any[]} args */
  net.Socket.prototype.connect = function (...args) {
    const normalized = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    const [options] = normalized;
    const error = noConnection(`${options.host}:${options.port}`);
    options.lookup = (/** @type {[string, object, (error: Error) => void]} */ ...[, , callback]) =>
      queueMicrotask(() => callback(error));
    return connect.call(this, normalized);
  };
}

/**
 * Have those types of *module* refuse every descriptor, for they are the host's own.
 *
 * @param {any} module
 * @param {string[]} names
 * @param {(given: any) => boolean} isOne
 */
function refuseDescriptors(module, names, isOne) {
  for (const name of names) {
    const refuse = () => {
      throw Object.assign(new Error(`a ${name} of a descriptor: ${REFUSED}`), { code: "EPERM" });
    };
    module[name] = new Proxy(module[name], {
      apply: (type, self, args) => isOne(args[0]) ? refuse() : Reflect.apply(type, self, args),
      construct: (type, args, target) => isOne(args[0]) ? refuse() : Reflect.construct(type, args, target),
    });
  }
}
