/**
 * Frames over descriptors 0 and 1: a 4-byte big-endian length, then JSON.
 *
 * Everything is synchronous: a rule that writes faster than the runner reads waits, and this process stays small. What
 * a rule could replace (`JSON`, typed arrays) was taken before any rule was loaded.
 */

import contract from "host:contract" with { type: "json" };

/** @import { LoadFrame, OutFrame, ReplyFrame, RunFrame, StoredFrame } from "./frames.d.ts" */

const { parse, stringify } = JSON;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const input = Deno.stdin;
const output = Deno.stdout;
const USUAL_BYTES = contract.packet_bytes;

/** What was read, of which `unread` up to `filled` is in no frame yet: most frames come with a single read. */
let buffer = new Uint8Array(USUAL_BYTES);
let unread = 0;
let filled = 0;

/**
 * The next frame, or null once the runner has hung up.
 *
 * @returns {LoadFrame | RunFrame | null}
 */
export function readFrame() {
  let frame = nextFrame();
  while (frame === undefined) {
    const count = input.readSync(room());
    if (count === null) return null;
    filled += count;
    frame = nextFrame();
  }
  return frame;
}

/**
 * The next frame, which must be a reply, without keeping the rule from running meanwhile. One at a time. A run that
 * precedes it has not begun, and another host is to run it.
 *
 * @returns {Promise<ReplyFrame | StoredFrame | null>}
 */
export async function readFrameLater() {
  let frame = nextReply();
  while (frame === undefined) {
    const count = await input.read(room());
    if (count === null) return null;
    filled += count;
    frame = nextReply();
  }
  return frame;
}

/** The next reply of what was read; undefined as long as there is none. */
function nextReply() {
  let frame = nextFrame();
  while (frame?.t === "run") {
    writeFrames({ t: "not-begun", n: frame.n });
    frame = nextFrame();
  }
  return frame;
}

/**
 * Send `frames`, together; returns once all of them are written.
 *
 * @param {...OutFrame} frames
 */
export function writeFrames(...frames) {
  const bodies = frames.map((frame) => encoder.encode(stringify(frame)));
  const bytes = new Uint8Array(bodies.reduce((length, body) => length + 4 + body.length, 0));
  const view = new DataView(bytes.buffer);
  let end = 0;
  for (const body of bodies) {
    view.setUint32(end, body.length);
    bytes.set(body, end + 4);
    end += 4 + body.length;
  }
  for (let sent = 0; sent < bytes.length;) {
    sent += output.writeSync(bytes.subarray(sent));
  }
}

/** The first frame of what was read, or undefined as long as it is not complete. */
function nextFrame() {
  if (filled - unread < 4) return undefined;
  const end = unread + 4 + lengthOfNext();
  if (filled < end) return undefined;
  const frame = parse(decoder.decode(buffer.subarray(unread + 4, end)));
  unread = end;
  if (buffer.length > USUAL_BYTES && unread === filled) [buffer, unread, filled] = [new Uint8Array(USUAL_BYTES), 0, 0];
  return frame;
}

/** Where the next bytes go; there is always room for the rest of the frame that has begun. */
function room() {
  const begun = filled - unread;
  const wanted = begun < 4 ? USUAL_BYTES : Math.max(USUAL_BYTES, 4 + lengthOfNext());
  if (begun === 0 || buffer.length - unread < wanted) {
    const next = buffer.length === wanted ? buffer : new Uint8Array(wanted);
    next.set(buffer.subarray(unread, filled));
    [buffer, unread, filled] = [next, 0, begun];
  }
  return buffer.subarray(filled);
}

function lengthOfNext() {
  return new DataView(buffer.buffer, unread).getUint32(0);
}
