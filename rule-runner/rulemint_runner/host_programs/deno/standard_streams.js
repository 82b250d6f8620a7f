/**
 * `Deno.stdin`, `Deno.stdout` and `Deno.stderr` as a rule sees them: the descriptors are this host's channel to the
 * runner. What a rule writes are lines of its log, and there is nothing to read.
 */

import { writeLine } from "./capture.js";
import { REFUSED } from "./refused.js";

/** @import { Level } from "./frames.d.ts" */

/** Put them in the place of Deno's own, and refuse what would end this host. */
export function defineStandardStreams() {
  define("stdin", input());
  define("stdout", output("info"));
  define("stderr", output("error"));
  define("exit", () => refuse("Deno.exit"));
  const { kill, pid } = Deno;
  define("kill", (/** @type {number} */ whom, /** @type {Deno.Signal} */ signal) => {
    if (whom === pid) refuse("Deno.kill");
    kill(whom, signal);
  });
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function define(name, value) {
  Object.defineProperty(Deno, name, { value, writable: true, configurable: true, enumerable: true });
}

/**
 * @param {string} what
 * @returns {never}
 */
function refuse(what) {
  throw Object.assign(new Error(`${what}: ${REFUSED}`), { code: "EPERM" });
}

/** @param {Level} level */
function output(level) {
  const writeSync = (/** @type {Uint8Array} */ bytes) => {
    writeLine(level, new TextDecoder().decode(bytes).trimEnd());
    return bytes.byteLength;
  };
  return {
    writeSync,
    write: (/** @type {Uint8Array} */ bytes) => new Promise((resolve) => resolve(writeSync(bytes))),
    get writable() {
      return new WritableStream({ write: (bytes) => void writeSync(bytes) });
    },
    close() {},
    isTerminal: () => false,
  };
}

function input() {
  return {
    readSync: () => null,
    read: () => Promise.resolve(null),
    get readable() {
      return new ReadableStream({ start: (controller) => controller.close() });
    },
    close() {},
    isTerminal: () => false,
    setRaw: () => refuse("Deno.stdin.setRaw"),
  };
}
