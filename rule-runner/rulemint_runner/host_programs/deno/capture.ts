/** What a rule does on the side: its console lines become frames, its timers end with its invocation. */

import { writeFrame } from "./channel.ts";
import type { Level } from "./frames.ts";

const MAX_LINE_CHARACTERS = 8 * 1024;
const LEVELS: Level[] = ["debug", "info", "warn", "error"];
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface DenoInternals {
  Console: new (print: (text: string, level: number) => void) => Console;
}

/** Send `text` as one log line; what is too long is cut, with a mark. */
export function writeLine(level: Level, text: string): void {
  const cut = text.length > MAX_LINE_CHARACTERS;
  writeFrame({ t: "line", level, text: cut ? `${text.slice(0, MAX_LINE_CHARACTERS)}… [cut]` : text });
}

/** Make every method of `console` write log lines. */
export function captureConsole(): void {
  // Deno formats as it always does and hands us the text, instead of writing to its standard output.
  const internals = (Deno as unknown as Record<symbol, DenoInternals>)[
    (Deno as unknown as { internal: symbol }).internal
  ];
  globalThis.console = new internals.Console((text, level) => writeLine(LEVELS[level] ?? "info", text.trimEnd()));
}

type Start = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => unknown;
type Stop = (timer: unknown) => void;
type Timers = { setTimeout: Start; setInterval: Start; clearTimeout: Stop };

const global = globalThis as unknown as Timers;
const { setTimeout, setInterval, clearTimeout } = global;
const running = new Set<unknown>();

/** Remember every timer that a rule starts. */
export function trackTimers(): void {
  global.setTimeout = tracked(setTimeout);
  global.setInterval = tracked(setInterval);
}

/** End the timers that the rule left behind. */
export function clearTimers(): void {
  for (const timer of running) clearTimeout(timer);
  running.clear();
}

/** Keep the event loop waiting while a rule waits for nothing at all: the runner's deadline decides, not Deno. */
export function keepAlive(): void {
  setInterval(() => {}, LONGEST_TIMER_MS);
}

function tracked(start: Start): Start {
  return (...args) => {
    const timer = start(...args);
    running.add(timer);
    return timer;
  };
}
