/** What is different in a process while rules run in it. Code that no rule has started finds everything as it was. */

import process from "node:process";
import { format } from "node:util";
import { defineFetch } from "../contract/fetch.js";
import { writeLine } from "../host/capture.js";
import { current } from "../host/invocation.js";
import { tell } from "../host/strays.js";

/** @type {Record<string, "debug" | "info" | "warn" | "error">} */
const LEVELS = {
  debug: "debug",
  log: "info",
  info: "info",
  dir: "info",
  table: "info",
  warn: "warn",
  error: "error",
  trace: "error",
};
/** @type {Record<string, string>} */
const TIMERS = { setTimeout: "clearTimeout", setInterval: "clearInterval", setImmediate: "clearImmediate" };
const world = /** @type {any} */ (globalThis);

let runs = 0;
/** @type {() => void} */
let putBack = () => {};

/** A rule begins to run. */
export function enter() {
  if (runs++ === 0) putBack = change();
}

/** A rule has run. */
export function leave() {
  if (--runs === 0) putBack();
}

function change() {
  /** @type {[any, string, any][]} */
  const before = [];
  /** @param {any} owner @param {string} name @param {(given: any) => any} make */
  const replace = (owner, name, make) => {
    before.push([owner, name, owner[name]]);
    owner[name] = make(owner[name]);
  };
  for (const [name, level] of Object.entries(LEVELS)) replace(console, name, (given) => lineOf(given, level));
  for (const [name, stop] of Object.entries(TIMERS)) {
    replace(world, name, (given) => tracked(given, world[stop], name === "setInterval"));
  }
  replace(world, "fetch", fetchOf);
  process.on("unhandledRejection", nobodyCaught);
  return () => {
    process.off("unhandledRejection", nobodyCaught);
    for (const [owner, name, given] of before) owner[name] = given;
  };
}

/**
 * @param {(...args: unknown[]) => void} given
 * @param {"debug" | "info" | "warn" | "error"} level
 */
function lineOf(given, level) {
  return function (/** @type {unknown[]} */ ...args) {
    if (current() === null) return given.apply(console, args);
    writeLine(level, format(...args).trimEnd());
  };
}

/** @param {typeof fetch} given */
function fetchOf(given) {
  defineFetch();
  const ours = world.fetch;
  return (/** @type {[any, any]} */ ...args) => current() === null ? given(...args) : ours(...args);
}

/**
 * *start*, of which each timer is known to the run that started it; what it throws is that run's.
 *
 * @param {any} start
 * @param {(timer: any) => void} stop
 * @param {boolean} isRepeated
 */
function tracked(start, stop, isRepeated) {
  const made = (/** @type {any} */ callback, /** @type {any[]} */ ...rest) => {
    const invocation = current();
    if (invocation === null || typeof callback !== "function") return start(callback, ...rest);
    const timer = start((/** @type {any[]} */ ...args) => {
      if (!isRepeated) invocation.forget(timer);
      try {
        callback(...args);
      } catch (error) {
        tell(error, invocation);
      }
    }, ...rest);
    invocation.started(timer, stop);
    return timer;
  };
  return Object.assign(made, start); // such as what `util.promisify` looks for
}

/** @param {unknown} error */
function nobodyCaught(error) {
  const invocation = current();
  if (invocation !== null) tell(error, invocation);
}
