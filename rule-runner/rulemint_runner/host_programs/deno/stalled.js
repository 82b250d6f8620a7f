/**
 * What nothing can wake any longer: Deno says so when its event loop is empty, which a rule that waits for a call, a timer
 * or anything else of Deno's never lets it be. So it is told at once, and not when its time is over.
 */

import { runningNow } from "./invocation.js";
import { pause } from "./timers.js";
import { thrown } from "./answers.js";

/** @import { Answer } from "./frames.d.ts" */

const NOTHING_LEFT = "nothing is left that it could wait for: no call, no timer";

/** From now on a stalled invocation is answered. */
export function answerStalled() {
  globalThis.addEventListener("beforeunload", (event) => {
    event.preventDefault();
    const invocation = runningNow();
    if (invocation?.left.some((timer) => timer._destroyed !== true)) return void pause(); // one that was let go by `unref`
    invocation?.answer(() => /** @type {Answer} */ (thrown(new Stalled())));
  });
}

class Stalled extends Error {
  /** @override */
  name = "Error";

  constructor() {
    super(`the rule called no callback, and its promise was not settled; ${NOTHING_LEFT}`);
    this.stack = "";
  }
}
