/**
 * The clock as a rule sees it. It stands still while the rule computes, and moves when a reply arrives or a timer fires: so a
 * run that is fed the same stamps sees the same clock. The host's own times, and the runner's, are real.
 */

import { isReplayed, movedOn, note, replayedTime } from "./draws.js";
import { beginRests } from "./rests.js";

const real = performance.now.bind(performance);
const wallClock = Date.now;
const { max } = Math;

/** The rule's clock, in ms since 1970; while there is no rule, that of the machine. */
let now = 0;
/** What it said as the rule was loaded: `performance.now()` counts from there. */
let loaded = 0;
/** The real moment in which it was set, of which timers count on. */
let since = 0;
/** Replies that were read in this run. */
let replies = 0;
/** Timers that were started in this run; before the first they count from here. */
let timers = 2 ** 40;

/** The rule's clock, in ms since 1970. */
export function nowMs() {
  return now === 0 ? wallClock() : now;
}

/** The same in ms since the rule was loaded. */
export function elapsedMs() {
  return now === 0 ? real() : now - loaded;
}

/** When the other began. */
export function originMs() {
  return now === 0 ? wallClock() - real() : loaded;
}

/** How many replies were read in this run. */
export function repliesRead() {
  return replies;
}

/**
 * A rule is loaded at *given*; at 0 by the clock of this machine.
 *
 * @param {number | undefined} given
 */
export function loadAt(given) {
  const before = timers;
  begin(given);
  timers = before;
  loaded = now;
}

/**
 * A run begins at *given*. The runner may have sent it while the one before ran, so that the clock may go back a little.
 *
 * @param {number | undefined} given
 */
export function begin(given) {
  now = given || wallClock();
  since = real();
  replies = timers = 0;
  beginRests();
}

/**
 * A reply was read, which the runner sent at *given*.
 *
 * @param {number | undefined} given
 */
export function replyRead(given) {
  replies += 1;
  now = max(now, given || realNow());
  since = real();
  movedOn();
}

/** The number of a timer that starts: the first of the run is 1, and those of no run have others. */
export function nextTimer() {
  timers += 1;
  return timers;
}

/**
 * The timer of this number fired, which was due at *due*, in ms since 1970.
 *
 * @param {number} timer
 * @param {number} due
 * @param {boolean} isJoined It fired in the phase of the one before.
 */
export function timerFired(timer, due, isJoined = false) {
  const taped = isReplayed() ? replayedTime(timer, replies) : undefined;
  now = max(now, taped ?? max(due, realNow()));
  since = real();
  note({ kind: "clock", now_ms: now, after: replies, timer, ...(isJoined && { joined: true }) });
}

function realNow() {
  return now + real() - since;
}
