/** What a rule says on the side: its console lines become frames, each with the number of the invocation that it is of. */

import contract from "host:contract" with { type: "json" };
import { writeFrames } from "./channel.js";
import { current, drop } from "./invocation.js";
import { withFileName } from "./source.js";

/** @import { Level } from "./frames.d.ts" */

const MAX_LINE_CHARACTERS = contract.line_characters;
/** @type {Level[]} */
const LEVELS = ["debug", "info", "warn", "error"];

/**
 * Send `text` as one log line; what is too long is cut, with a mark. A line of an invocation that is gone is nobody's.
 *
 * @param {Level} level
 * @param {string} text
 */
export function writeLine(level, text) {
  const invocation = current();
  if (invocation?.isGone) return drop();
  const own = withFileName(text);
  const cut = own.length > MAX_LINE_CHARACTERS;
  const line = cut ? `${own.slice(0, MAX_LINE_CHARACTERS)}… [cut]` : own;
  writeFrames({ t: "line", level, text: line.toWellFormed(), n: invocation?.n ?? 0 });
}

/** Make every method of `console` write log lines: Deno formats as it always does, and hands us the text. */
export function captureConsole() {
  const deno = /** @type {any} */ (Deno);
  const { Console } = deno[deno.internal];
  globalThis.console = new Console((/** @type {string} */ text, /** @type {number} */ level) =>
    writeLine(LEVELS[level] ?? "info", text.trimEnd())
  );
  globalThis.console.clear = () => {}; // there is no screen
  Object.defineProperty(globalThis.console, "Console", {
    configurable: true,
    get: () => globalThis.process.getBuiltinModule("node:console").Console,
  });
}

/**
 * A stream of Node's whose every chunk is a log line.
 *
 * @param {Level} level
 * @param {any} Writable
 */
export function lineStream(level, Writable) {
  const fd = level === "error" ? 2 : 1;
  return Object.assign(
    new Writable({
      decodeStrings: false,
      /** @param {string | Uint8Array} chunk @param {string} _encoding @param {() => void} done */
      write(chunk, _encoding, done) {
        writeLine(level, chunk.toString().trimEnd());
        done();
      },
    }),
    { fd },
  );
}
