/** Whose work runs, as in a host, but by Node's own means: what a run starts carries it along. */

import { AsyncLocalStorage } from "node:async_hooks";

/** @import { Answer } from "../contract/frames.d.ts" */
/** @typedef {{ write: (level: any, text: string) => void, reply: (frame: any) => Promise<any>, cacheChanged: (frame: any) => void }} Runner */

const owner = new AsyncLocalStorage();

/** One run of a rule. */
export class Invocation {
  isAnswered = false;
  isOver = false;
  isGone = false;
  /** A refusal that came after its answer, while it could still be heard. @type {Answer | null} */
  refusal = null;
  /** Calls that have no reply yet. */
  asked = 0;
  /** Timers that it started, with what stops each. @type {Map<any, (timer: any) => void>} */
  #timers = new Map();
  #answering;

  /**
   * @param {number} n
   * @param {(answer: Answer | (() => Answer)) => void} answering
   * @param {Runner} runner
   */
  constructor(n, answering, runner) {
    this.n = n;
    this.runner = runner;
    this.#answering = answering;
  }

  /** @param {Answer | (() => Answer)} answer */
  answer(answer) {
    if (this.isAnswered) return false;
    this.isAnswered = true;
    this.#answering(answer);
    return true;
  }

  /** @param {any} timer @param {(timer: any) => void} stop */
  started(timer, stop) {
    this.#timers.set(timer, stop);
  }

  /** @param {any} timer */
  forget(timer) {
    this.#timers.delete(timer);
  }

  /** The timers that keep a process alive. */
  get left() {
    return [...this.#timers.keys()].filter((timer) => timer?._destroyed !== true && timer?.hasRef?.() !== false);
  }

  stop() {
    for (const [timer, stop] of this.#timers) stop(timer);
    this.#timers.clear();
  }
}

/**
 * @template T
 * @param {Invocation} invocation
 * @param {() => T} work
 * @returns {T}
 */
export function within(invocation, work) {
  return owner.run(invocation, work);
}

/** The run that started what happens now; null if none did. @returns {Invocation | null} */
export function current() {
  return /** @type {Invocation | undefined} */ (owner.getStore()) ?? null;
}
