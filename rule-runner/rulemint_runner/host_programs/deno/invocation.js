/**
 * Whose work runs. V8 hands the context in which something was started on to whatever comes of it: promises, timers,
 * events and callbacks. So the context names the invocation, however late its work comes.
 */

import { trace } from "./traces.js";

/** @import { Answering, Answer } from "./frames.d.ts" */
/** @typedef {(thing: any) => void} Stop */

const deno = /** @type {any} */ (Deno);
/**
 * Deno's own parts, of which `AsyncLocalStorage` is made too: that would make it load its Node layer. A context is an object
 * without a prototype, of which every store copies the others' values.
 */
const { getAsyncContext, setAsyncContext } = deno[deno.internal].core;
const OWNER = Symbol("the invocation");

/** One invocation, from its frame until the host is idle again, and what is left of it after that. */
export class Invocation {
  /** It has its answer; what comes now comes too late. */
  isAnswered = false;
  /** Its answer leaves: it may ask for nothing more, and no timer of its starts. */
  isOver = false;
  /** The host is idle: nobody takes its lines any longer. */
  isGone = false;
  /** A refusal that came after its answer, which has not left yet: a no is heard as long as it can be. @type {Answer | null} */
  refusal = null;
  /** What it started and can be stopped, with what stops it. @type {Map<any, Stop> | null} */
  #started = null;
  #answering;

  /**
   * @param {number} n
   * @param {Answering} answering
   */
  constructor(n, answering) {
    this.n = n;
    this.#answering = answering;
  }

  /**
   * Answer it; false if it has its answer already.
   *
   * @param {Answer | (() => Answer)} answer
   */
  answer(answer) {
    if (this.isAnswered) return false;
    this.isAnswered = true;
    trace("answer");
    this.#answering(answer);
    return true;
  }

  /**
   * Remember what it started, so that it ends with it.
   *
   * @param {any} thing
   * @param {Stop} stop
   */
  started(thing, stop) {
    this.#started ??= new Map();
    this.#started.set(thing, stop);
  }

  /** @param {any} thing */
  forget(thing) {
    this.#started?.delete(thing);
  }

  /** What it started and did not end. */
  get left() {
    return [...(this.#started?.keys() ?? [])];
  }

  /** Stop what it started, as far as *isMeant* says; all of it if that is left out. */
  stop(isMeant = (/** @type {Stop} */ _stop) => true) {
    if (this.#started === null) return;
    for (const [thing, stop] of this.#started) {
      if (!isMeant(stop)) continue;
      this.#started.delete(thing);
      stop(thing);
    }
  }
}

/** The one that runs; null while the rule is loaded, and while the host is idle. @type {Invocation | null} */
let running = null;
let dropped = 0;

/**
 * From now on *invocation* runs.
 *
 * @param {Invocation | null} invocation
 */
export function setRunning(invocation) {
  running = invocation;
}

/** The one that runs, whoever started what happens now. */
export function runningNow() {
  return running;
}

/**
 * Do *work* in the name of *invocation*.
 *
 * @template T
 * @param {Invocation} invocation
 * @param {() => T} work
 * @returns {T}
 */
export function within(invocation, work) {
  const before = getAsyncContext();
  setAsyncContext({ __proto__: null, ...before, [OWNER]: invocation });
  try {
    return work();
  } finally {
    setAsyncContext(before);
  }
}

/**
 * The invocation that started what runs now; undefined if none did: the module itself did, while it was loaded.
 *
 * @returns {Invocation | undefined}
 */
export function starter() {
  return getAsyncContext()?.[OWNER];
}

/** The invocation that what happens now is told to and paid by: its starter, else the one that runs. */
export function current() {
  return starter() ?? running;
}

/** Something of an invocation that is gone came so late that nobody can be told. */
export function drop() {
  dropped += 1;
}

/** How often that was so since it was last asked. */
export function droppedSince() {
  const count = dropped;
  dropped = 0;
  return count;
}
