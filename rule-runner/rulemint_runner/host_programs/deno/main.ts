/**
 * The JavaScript host: becomes one rule, then runs its invocations, one after the other.
 *
 * While it is idle it blocks in a read, so nothing that a rule left behind runs between invocations.
 */

import { AnswerFrame, RunFrame } from "./frames.ts";
import { readFrame, writeFrame } from "./channel.ts";
import { captureConsole, clearTimers, keepAlive, trackTimers } from "./capture.ts";
import { Answer, describe, onStrayError, Rule } from "./rule.ts";
import { loadRule, NotARule } from "./loading.ts";

captureConsole();
trackTimers();
keepAlive();

writeFrame({ t: "ready" });
const load = readFrame();
if (load?.t !== "load") Deno.exit(64);

let rule: Rule;
try {
  rule = await loadRule(load);
  writeFrame({ t: "loaded" });
} catch (error) {
  const kind = error instanceof NotARule ? "syntax" : "exception";
  writeFrame({ t: "not-loaded", kind, text: describe(error) });
  Deno.exit(0);
}

for (let run = readFrame(); run?.t === "run"; run = readFrame()) {
  writeFrame(await answerOf(run));
  clearTimers();
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  writeFrame({ t: "idle", n: run.n });
}

/** The first thing that the rule answers: by its callback, its return value, or an error nobody caught. */
async function answerOf(run: RunFrame): Promise<AnswerFrame> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  onStrayError(resolve);
  rule(run, resolve);
  return { ...await promise, n: run.n };
}
