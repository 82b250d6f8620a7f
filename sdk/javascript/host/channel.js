/** What a host writes to its runner, and a kit hands on at once. */

import { current } from "./invocation.js";

/** @param {...any} frames */
export function writeFrames(...frames) {
  for (const frame of frames) {
    if (frame.t === "cache-changed") current()?.runner.cacheChanged(frame);
  }
}
