/** What a rule does on the side: its console lines become frames, its timers end with its invocation. */

import { writeFrames } from "./channel.js";

/** @import { Level } from "./frames.d.ts" */
/** @typedef {(...args: any[]) => any} Start */

const MAX_LINE_CHARACTERS = 8 * 1024;
/** @type {Level[]} */
const LEVELS = ["debug", "info", "warn", "error"];

/**
 * Send `text` as one log line; what is too long is cut, with a mark.
 *
 * @param {Level} level
 * @param {string} text
 */
export function writeLine(level, text) {
  const cut = text.length > MAX_LINE_CHARACTERS;
  const line = cut ? `${text.slice(0, MAX_LINE_CHARACTERS)}… [cut]` : text;
  writeFrames({ t: "line", level, text: line.toWellFormed() });
}

/** Make every method of `console` write log lines: Deno formats as it always does, and hands us the text. */
export function captureConsole() {
  const deno = /** @type {any} */ (Deno);
  const { Console } = deno[deno.internal];
  globalThis.console = new Console((/** @type {string} */ text, /** @type {number} */ level) =>
    writeLine(LEVELS[level] ?? "info", text.trimEnd())
  );
}

/**
 * A stream of Node's whose every chunk is a log line.
 *
 * @param {Level} level
 * @param {any} Writable
 */
export function lineStream(level, Writable) {
  return new Writable({
    decodeStrings: false,
    /** @param {string | Uint8Array} chunk @param {string} _encoding @param {() => void} done */
    write(chunk, _encoding, done) {
      writeLine(level, chunk.toString().trimEnd());
      done();
    },
  });
}

const running = new Set();
/** @type {((timer: unknown) => void) | null} */
let stopTimer = null;

/** Remember every timer that a rule starts. Deno loads its timers when they are first touched, and so do we. */
export function trackTimers() {
  track("setTimeout");
  track("setInterval");
}

/** End the timers that the rule left behind. */
export function clearTimers() {
  for (const timer of running) stopTimer?.(timer);
  running.clear();
}

/** Keep the event loop waiting while a rule waits for nothing at all: the runner's deadline decides, not Deno. */
export function keepAlive() {
  new MessageChannel().port1.onmessage = () => {};
}

/** @param {"setTimeout" | "setInterval"} name */
function track(name) {
  const lazy = Object.getOwnPropertyDescriptor(globalThis, name);
  const define = (/** @type {unknown} */ value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: true,
    set: define,
    get() {
      /** @type {Start} */
      const start = lazy?.get ? lazy.get.call(globalThis) : lazy?.value;
      stopTimer ??= /** @type {(timer: any) => void} */ (globalThis.clearTimeout);
      /** @type {Start} */
      const tracked = (...args) => {
        const timer = start(...args);
        running.add(timer);
        return timer;
      };
      define(tracked);
      return tracked;
    },
  });
}
