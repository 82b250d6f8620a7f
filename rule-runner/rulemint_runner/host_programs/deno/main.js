/**
 * The JavaScript host: becomes one rule, then runs its invocations, one after the other.
 *
 * While it is idle it blocks in a read, so nothing that a rule left behind runs between invocations. These files are
 * JavaScript, with their types in comments, because Deno would write what it makes of TypeScript into a cache, and a
 * host can write nowhere.
 */

import { describe } from "./answers.js";
import { isWaiting, settled } from "./calls.js";
import { captureConsole, clearTimers, keepAlive, trackTimers } from "./capture.js";
import { readFrame, writeFrames } from "./channel.js";
import { defineFetch } from "./fetch.js";
import { loadRule, NotARule } from "./loading.js";
import { nameRefusals } from "./refused.js";
import { beginInvocation, endInvocation } from "./rule.js";

/** @import { Answer, AnswerFrame, IdleFrame, LoadFrame, RunFrame } from "./frames.d.ts" */

const exit = Deno.exit;
const now = performance.now.bind(performance);

/**
 * The rule of `load`, or null after having said why there is none.
 *
 * @param {LoadFrame} load
 */
async function loaded(load) {
  try {
    const rule = await loadRule(load);
    writeFrames({ t: "loaded", wants_cache: rule.wantsCache === true });
    return rule;
  } catch (error) {
    const kind = error instanceof NotARule ? "syntax" : "exception";
    writeFrames({ t: "not-loaded", kind, text: describe(error) });
    return null;
  }
}

/**
 * The first thing that the rule answers: by its callback, its return value, or an error nobody caught.
 *
 * @param {import("./frames.d.ts").Rule} rule
 * @param {RunFrame} run
 * @returns {Promise<AnswerFrame>}
 */
async function answerOf(rule, run) {
  /** @type {PromiseWithResolvers<Answer>} */
  const { promise, resolve } = Promise.withResolvers();
  beginInvocation(resolve);
  rule(run, resolve);
  return { ...await promise, n: run.n };
}

captureConsole();
trackTimers();
defineFetch();
keepAlive();
nameRefusals();
writeFrames({ t: "ready" });

const load = readFrame();
const rule = load?.t === "load" ? await loaded(load) : null;
if (rule !== null) {
  for (let run = readFrame(); run?.t === "run"; run = readFrame()) {
    const began = now();
    const answer = await answerOf(rule, run);
    clearTimers();
    await null; // what the rule promised itself and did not wait for is said now, not in the next invocation
    endInvocation();
    /** @type {IdleFrame} */
    const idle = { t: "idle", n: run.n, took_ms: now() - began };
    if (isWaiting()) {
      writeFrames(answer);
      while (isWaiting()) await settled();
      writeFrames(idle);
    } else {
      writeFrames(answer, idle);
    }
  }
}
exit(0);
