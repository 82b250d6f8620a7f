/** What a rule asks of the runner while it runs: a frame with a number, and the reply that bears it. */

import contract from "host:contract" with { type: "json" };
import { readFrameLater, writeFrames } from "./channel.js";
import { repliesRead, replyRead } from "./clock.js";
import { hasAsked, isReplayed, mayRead, whenMoved } from "./draws.js";
import { UNSUPPORTED } from "./failures.js";
import { current, runningNow } from "./invocation.js";
import { givenSoFar, isComputing, moved, whenAtRest } from "./rests.js";
import { hasNoTurns, turn } from "./turns.js";

/** @import { AskingFrame, WithoutId } from "./frames.d.ts" */

const { over } = contract;
/** @type {Map<number, (reply: any) => void>} */
const waiting = new Map();
/** @type {Promise<void> | null} */
let reading = null;
let asked = 0;
/** A reply was handed out, and what the rule makes of it may take some steps yet. */
let hasReplied = false;
/** The last question was asked when nothing else waited for a reply. */
let isOnly = false;
/** What the rule had been given until then. */
let givenBefore = 0;

/**
 * A body as frames carry it.
 *
 * @param {Uint8Array} body
 */
export function carried(body) {
  return body.toBase64();
}

/**
 * The body that a frame carries.
 *
 * @param {string} text
 */
export function bodyIn(text) {
  return Uint8Array.fromBase64(text);
}

/** Whether something that the rule asked for has no reply yet, or only just has. */
export function isWaiting() {
  return reading !== null || hasReplied;
}

/**
 * Let the rule take the steps that follow the replies that it has; null if it has none.
 *
 * @returns {Promise<void> | null}
 */
export function replied() {
  if (!hasReplied) return null;
  hasReplied = false;
  return turn();
}

/**
 * Wait until everything has its reply, and what the rule does upon it too: the runner answers what nobody waits for as
 * soon as the rule has. Nobody may read meanwhile.
 */
export async function settled() {
  do {
    await reading;
    await replied();
  } while (isWaiting());
}

/**
 * Send `frame`; resolves to its reply, whose type follows from the frame's. An invocation that is over is refused.
 *
 * @param {WithoutId<AskingFrame>} frame
 * @returns {Promise<any>}
 */
export function ask(frame) {
  const invocation = current();
  if (invocation?.isOver) return Promise.resolve({ error: over, code: UNSUPPORTED });
  const id = ++asked;
  const { promise, resolve } = Promise.withResolvers();
  isOnly = waiting.size === 0;
  givenBefore = givenSoFar();
  waiting.set(id, resolve);
  writeFrames({ ...frame, id, n: invocation?.n ?? 0 });
  hasAsked();
  reading ??= readReplies();
  return promise;
}

/** Hand out replies until nobody waits for one. Whoever asks once it has ended starts it anew. */
async function readReplies() {
  while (waiting.size > 0) {
    const reply = await readFrameLater();
    if (reply === null) break;
    while (!mayRead(repliesRead())) await /** @type {Promise<void>} */ (new Promise(whenMoved)); // the tape has something before
    if (isAlone() || runningNow()?.isOver) give(reply);
    else await /** @type {Promise<void>} */ (new Promise((given) => whenAtRest(() => given(give(reply)))));
  }
  reading = null;
}

/** @param {any} reply */
function give(reply) {
  moved();
  replyRead(reply.now_ms);
  hasReplied = true;
  waiting.get(reply.id)?.(reply);
  waiting.delete(reply.id);
}

/** Whether a live run was given nothing since it asked this one question: its steps were taken long ago. */
function isAlone() {
  return isOnly && givenSoFar() === givenBefore && !isReplayed() && hasNoTurns() && !isComputing();
}
