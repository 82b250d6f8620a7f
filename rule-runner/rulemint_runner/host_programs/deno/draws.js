/**
 * What a rule gets by chance. `Math.random` and its like come of the seed of its run. What must not be guessed comes of the
 * machine: a run that is recorded tells the runner of it, and a replay has it from the tape.
 */

import contract from "host:contract" with { type: "json" };
import { writeFrames } from "./channel.js";

/** @import { Draw } from "./frames.d.ts" */

const most = contract.draws;
const fill = crypto.getRandomValues.bind(crypto);
const { floor, imul } = Math;

/** The state of the generator: sfc32 by Chris Doty-Humphrey, which passes PractRand. */
const state = new Uint32Array(4);
/** It is to begin by this before the next draw; null: it has. @type {number | null} */
let seed = 0;
/** The number of the run that draws. */
let n = 0;
let isNoted = false;
/** What a replay has instead of the machine's. @type {Draw[] | null} */
let tape = null;
let at = 0;
/** Who waits for the tape, each called once. @type {(() => void)[]} */
const waiting = [];
/** Questions that this run has asked. */
let asked = 0;
/** The module of the rule is being loaded: what it draws is told with the frame that says so. */
let isLoading = false;
/** What it has drawn, one draw after the other. @type {string[]} */
const drawn = [];
let drawnBytes = 0;
let drewMore = false;
/** What a replay has in the place of that. @type {string[]} */
let loadTape = [];
let notedDraws = 0;
let notedBytes = 0;

/**
 * From now on *given* says what is drawn; 0: the machine does. Most runs draw nothing, so the generator begins late.
 *
 * @param {number | undefined} given
 */
export function seedBy(given) {
  seed = given ?? 0;
}

function beginBySeed() {
  const given = seed;
  seed = null;
  if (!given) {
    fill(state);
    return;
  }
  let mixed = (given >>> 0) ^ imul(floor(given / 2 ** 32), 0x9e3779b9);
  for (let place = 0; place < 4; place += 1) {
    mixed = (mixed + 0x9e3779b9) | 0; // splitmix32
    let word = imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    word = imul(word ^ (word >>> 15), 0x735a2d97);
    state[place] = word ^ (word >>> 15);
  }
  for (let round = 0; round < 12; round += 1) word();
}

/** At least 0 and less than 1, as `Math.random`. */
export function pseudoRandom() {
  if (seed !== null) beginBySeed();
  return ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
}

function word() {
  const a = state[0], b = state[1], c = state[2], count = state[3];
  const drawn = (a + b + count) | 0;
  state[3] = count + 1;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + drawn;
  return drawn;
}

/**
 * The module of the rule draws from now on; in a replay it gets *taped*, one draw after the other.
 *
 * @param {string[]} taped
 */
export function drawForLoad(taped) {
  loadTape = taped;
  isLoading = isNoted = true;
}

/** What it has drawn, for the frame that says that it is loaded. */
export function drawnAtLoad() {
  return { drawn, drew_more: drewMore };
}

/**
 * The run *number* draws from now on. *noted*: what a replay has; null: it is live.
 *
 * @param {number} number
 * @param {boolean} isRecorded
 * @param {Draw[] | null} noted
 */
export function drawFor(number, isRecorded, noted) {
  n = number;
  isLoading = false;
  tape = noted;
  isNoted = isRecorded || noted !== null;
  at =
    asked =
    notedDraws =
    notedBytes =
      0;
}

/** Whether this run is a replay. */
export function isReplayed() {
  return tape !== null;
}

/** Whether the runner hears what is drawn, or says it. */
export function isTold() {
  return isNoted;
}

/**
 * Fill *bytes* with what nobody can guess; how many replies the run had read is *after*.
 *
 * @param {Uint8Array} bytes
 * @param {number} after
 */
export function drawInto(bytes, after) {
  for (let from = 0; from < bytes.length; from += most.draw_bytes) {
    const part = bytes.subarray(from, from + most.draw_bytes);
    const taped = isLoading ? loadTape[at] : randomOnTape();
    const data = taped === undefined ? null : Uint8Array.fromBase64(taped);
    if (data?.length === part.length) {
      part.set(data);
      at += 1;
      movedOn();
    } else {
      fill(part); // in a replay the runner sees by its note that the tape has no such draw
    }
    if (isLoading) noteOfLoad(part);
    else if (isNoted) note({ kind: "random", data: part.toBase64(), after });
  }
}

/** The random bytes that the tape has next; undefined if it has none there. */
function randomOnTape() {
  const next = tape?.[at];
  return next?.kind === "random" ? next.data ?? "" : undefined;
}

/** @param {Uint8Array} part */
function noteOfLoad(part) {
  drawnBytes += part.length;
  drewMore ||= drawn.length >= most.load_count || drawnBytes > most.load_bytes;
  if (!drewMore) drawn.push(part.toBase64());
}

/**
 * The time that the tape has for *timer*, if it is that one's turn; undefined if it has none.
 *
 * @param {number} timer
 * @param {number} replies
 */
export function replayedTime(timer, replies) {
  if (tape === null || at >= tape.length || !mayFire(timer, replies)) return undefined;
  const { now_ms } = tape[at++];
  movedOn();
  return now_ms;
}

/**
 * Call *look* once the tape has moved on, or a reply was read.
 *
 * @param {() => void} look
 */
export function whenMoved(look) {
  waiting.push(look);
}

/** The rule has asked the runner for something: a timer that fired after that may fire now. */
export function hasAsked() {
  asked += 1;
  if (tape !== null) movedOn();
}

/** Something came that others may wait for. */
export function movedOn() {
  for (const look of waiting.splice(0)) look();
}

/**
 * Whether the tape has *timer* fire now that *replies* were read; at its end, each may.
 *
 * @param {number} timer
 * @param {number} replies
 */
export function mayFire(timer, replies) {
  const next = tape?.[at];
  if (next === undefined) return true;
  const isItsTime = (next.after ?? 0) <= replies && (next.asked ?? 0) <= asked;
  return next.kind === "clock" && isItsTime && next.timer === timer;
}

/** Whether the tape has a timer fire in the phase of the one before. */
export function isNextJoined() {
  return tape?.[at]?.joined === true;
}

/**
 * Whether the tape has the next reply read now that *replies* were.
 *
 * @param {number} replies
 */
export function mayRead(replies) {
  const next = tape?.[at];
  return next === undefined || (next.after ?? 0) > replies;
}

/** Whether the tape has nothing more. */
export function isAtEnd() {
  return tape !== null && at >= tape.length;
}

/**
 * Tell the runner of *draw*, if it wants to know. It stops listening after so many.
 *
 * @param {Draw} draw
 */
export function note(draw) {
  if (!isNoted || n === 0) return;
  notedDraws += 1;
  notedBytes += draw.data?.length ?? 0;
  if (notedDraws <= most.count && notedBytes <= most.bytes) writeFrames({ t: "noted", n, ...draw });
}
