/**
 * Frames over descriptors 0 and 1: a 4-byte big-endian length, then JSON.
 *
 * Everything is synchronous: a rule that writes faster than the runner reads waits, and this process stays small. What
 * a rule could replace (`JSON`, typed arrays) was taken before any rule was loaded.
 */

/** @import { LoadFrame, OutFrame, ReplyFrame, RunFrame, StoredFrame } from "./frames.d.ts" */

const { parse, stringify } = JSON;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const input = Deno.stdin;
const output = Deno.stdout;

/**
 * The next frame, or null once the runner has hung up.
 *
 * @returns {LoadFrame | RunFrame | null}
 */
export function readFrame() {
  const header = readExactly(4);
  if (header === null) return null;
  const body = readExactly(new DataView(header.buffer).getUint32(0));
  return body === null ? null : parse(decoder.decode(body));
}

/**
 * The next frame, which must be a reply, without keeping the rule from running meanwhile. One at a time.
 *
 * @returns {Promise<ReplyFrame | StoredFrame | null>}
 */
export async function readFrameLater() {
  const header = await readExactlyLater(4);
  if (header === null) return null;
  const body = await readExactlyLater(new DataView(header.buffer).getUint32(0));
  return body === null ? null : parse(decoder.decode(body));
}

/**
 * Send `frame`; returns once all of it is written.
 *
 * @param {OutFrame} frame
 */
export function writeFrame(frame) {
  const body = encoder.encode(stringify(frame));
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  for (let sent = 0; sent < bytes.length;) {
    sent += output.writeSync(bytes.subarray(sent));
  }
}

/** @param {number} length */
function readExactly(length) {
  const bytes = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const count = input.readSync(bytes.subarray(have));
    if (count === null) return null;
    have += count;
  }
  return bytes;
}

/** @param {number} length */
async function readExactlyLater(length) {
  const bytes = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const count = await input.read(bytes.subarray(have));
    if (count === null) return null;
    have += count;
  }
  return bytes;
}
