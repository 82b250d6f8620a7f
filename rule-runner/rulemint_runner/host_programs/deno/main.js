/**
 * The JavaScript host: becomes one rule, then runs its invocations, one after the other.
 *
 * While it is idle it blocks in a read, so nothing that a rule left behind runs between invocations. These files are
 * JavaScript, with their types in comments, because Deno would write what it makes of TypeScript into a cache, and a
 * host can write nowhere.
 */

import { describe } from "./answers.js";
import { replied } from "./calls.js";
import { captureConsole } from "./capture.js";
import { readFrame, writeFrames } from "./channel.js";
import { begin, loadAt } from "./clock.js";
import { drawFor, drawForLoad, drawnAtLoad, seedBy } from "./draws.js";
import { defineComputations } from "./computations.js";
import { defineFetch } from "./fetch.js";
import { NotARule } from "./forms.js";
import { droppedSince, Invocation, setRunning, within } from "./invocation.js";
import { leave, taken, takesTurns } from "./leaving.js";
import { loadRule } from "./loading.js";
import { nameRefusals } from "./refused.js";
import { defineRandomness } from "./randomness.js";
import { answerStalled } from "./stalled.js";
import { defineStandardStreams } from "./standard_streams.js";
import { defineTimes } from "./times.js";
import { trackTimers } from "./timers.js";
import { keptAlive } from "./turns.js";

/** @import { Answer, AnswerFrame, IdleFrame, LoadFrame, Rule, RunFrame } from "./frames.d.ts" */

const exit = Deno.exit;
const now = performance.now.bind(performance);

/** Of a host that explains. @type {typeof import("./tracing.js") | null} */
let tracing = null;

/**
 * The rule of `load`, or null after having said why there is none.
 *
 * @param {LoadFrame} load
 */
async function loaded(load) {
  loadAt(load.now_ms);
  seedBy(load.seed);
  drawForLoad(load.drawn ?? []);
  try {
    if (load.trace) {
      tracing = await import("./tracing.js");
      await tracing.startTracing(load.trace, load.script);
    }
    const rule = await loadRule(load);
    writeFrames({ t: "loaded", wants_cache: rule.wantsCache === true, ...drawnAtLoad() });
    return rule;
  } catch (error) {
    const kind = error instanceof NotARule ? "syntax" : "exception";
    writeFrames({ t: "not-loaded", kind, text: describe(error) });
    return null;
  }
}

/**
 * Run the rule once. Its answer is the first thing that it says: by its callback, its return value, or an error nobody
 * caught.
 *
 * @param {Rule} rule
 * @param {RunFrame} run
 */
async function runOnce(rule, run) {
  const began = now();
  const { n } = run;
  /** @type {PromiseWithResolvers<Answer | (() => Answer)>} */
  const { promise, resolve } = Promise.withResolvers();
  const invocation = new Invocation(n, resolve);
  begin(run.now_ms);
  seedBy(run.seed);
  drawFor(n, run.record === true, run.noted ?? null);
  setRunning(invocation);
  within(invocation, () => rule(run, invocation));
  const given = await promise;
  await replied(); // what the rule promised itself and did not wait for is said now, not in the next invocation
  leave(invocation);
  const said = typeof given === "function" ? given() : given;
  /** @type {AnswerFrame} */
  const answer = { ...(invocation.refusal ?? said), n };
  if (tracing !== null) writeFrames(await tracing.traced(n, answer));
  const idle = () => /** @type {IdleFrame} */ ({ t: "idle", n, took_ms: now() - began, dropped: droppedSince() });
  if (takesTurns()) {
    writeFrames(answer);
    await taken(invocation);
    writeFrames(idle());
  } else {
    writeFrames(answer, idle());
  }
  invocation.isGone = true;
  setRunning(null);
}

/** Load the rule, and run it whenever the runner says so, until that hangs up. Nobody awaits it: the loop may be empty. */
async function serve() {
  const load = readFrame();
  const letGo = keptAlive();
  const rule = load?.t === "load" ? await loaded(load) : null;
  letGo();
  if (rule !== null) {
    for (let frame = readFrame(); frame !== null; frame = readFrame()) {
      if (frame.t === "run") await runOnce(rule, frame); // else it is a reply that nobody asked for
    }
  }
  exit(0);
}

captureConsole();
defineTimes(globalThis);
defineRandomness(globalThis);
defineComputations();
trackTimers();
defineFetch();
nameRefusals();
defineStandardStreams();
answerStalled();
writeFrames({ t: "ready" });
void serve();
