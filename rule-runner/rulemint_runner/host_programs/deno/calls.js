/** What a rule asks of the runner while it runs: a frame with a number, and the reply that bears it. */

import { readFrameLater, writeFrames } from "./channel.js";

/** @import { AskingFrame, WithoutId } from "./frames.d.ts" */

const soon = globalThis.setTimeout;
/** @type {Map<number, (reply: any) => void>} */
const waiting = new Map();
/** @type {Promise<void> | null} */
let reading = null;
let asked = 0;

/** Whether something that the rule asked for has no reply yet. */
export function isWaiting() {
  return reading !== null;
}

/**
 * Wait until everything has its reply, and what the rule does upon it too: the runner answers what nobody waits for as
 * soon as the rule has. Nobody may read meanwhile.
 */
export async function settled() {
  do {
    await reading;
    await new Promise((resolve) => soon(resolve, 0));
  } while (reading !== null);
}

/**
 * Send `frame`; resolves to its reply, whose type follows from the frame's.
 *
 * @param {WithoutId<AskingFrame>} frame
 * @returns {Promise<any>}
 */
export function ask(frame) {
  const id = ++asked;
  const { promise, resolve } = Promise.withResolvers();
  waiting.set(id, resolve);
  writeFrames({ ...frame, id });
  reading ??= readReplies();
  return promise;
}

/** Hand out replies until nobody waits for one. Whoever asks once it has ended starts it anew. */
async function readReplies() {
  while (waiting.size > 0) {
    const reply = await readFrameLater();
    if (reply === null) break;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  }
  reading = null;
}
