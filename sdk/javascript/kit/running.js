/** Run a rule once, and say what came of it in the runner's words. */

import { MAX_DENIAL, MAX_DETAIL, META } from "../contract/bounds.js";
import { Invocation, within } from "../host/invocation.js";
import { Calls } from "./answers.js";
import { BadResult, granted } from "./granting.js";
import { inputsOf } from "./inputs.js";
import { loadRule, RuleNotLoadedError } from "./loading.js";
import { Log } from "./log.js";
import { CacheContent, Document } from "./state.js";
import { enter, leave } from "./world.js";

/** @import { Answer, LoadFrame } from "../contract/frames.d.ts" */
/** @import { Inputs, RuleResult } from "../index.d.ts" */
/** @typedef {{ log: Log, calls: Calls, storage: Document, cache: CacheContent }} Kept */

const pause = globalThis.setTimeout;
const stop = globalThis.clearTimeout;
let numbers = 0;

/**
 * @param {any} rule
 * @param {Inputs} [inputs]
 * @returns {Promise<RuleResult>}
 */
export async function runRule(rule, inputs = {}) {
  const given = inputsOf(inputs);
  const kept = {
    log: new Log(Object.values(given.secrets)),
    calls: new Calls(inputs.fetch, inputs.allowHosts),
    storage: new Document(inputs.storage),
    cache: new CacheContent(inputs.cache ?? {}),
  };
  enter();
  try {
    const result = resultOf(await answerOf(rule, given, kept), given, kept);
    if (kept.calls.wrong !== undefined) throw kept.calls.wrong;
    return result;
  } finally {
    leave();
  }
}

/**
 * @param {any} rule
 * @param {ReturnType<typeof inputsOf>} given
 * @param {Kept} kept
 * @returns {Promise<Answer | { t: "failed", reason: string, message: string }>}
 */
async function answerOf(rule, given, kept) {
  /** @type {PromiseWithResolvers<Answer | (() => Answer)>["resolve"]} */
  let resolve = () => {};
  const answered = new Promise((settle) => resolve = settle);
  const invocation = new Invocation(numbers += 1, resolve, {
    write: (level, text) => kept.log.write(level, text),
    reply: async (frame) => frame.t === "call" ? await kept.calls.reply(frame) : kept.storage.reply(frame),
    cacheChanged: (frame) => kept.cache.change(frame),
  });
  const { secrets, resultBytes: result_bytes, timeoutS } = given;
  const load = {
    t: "load",
    file: "",
    language: "javascript",
    script: "",
    secrets,
    result_bytes,
    packages: null,
    meta: META,
  };
  try {
    const loaded = await within(invocation, () => loadRule(rule));
    kept.log.inItsWords = (text) => loaded.inItsWords(text);
    const run = await loaded.withInputs(/** @type {LoadFrame} */ (load));
    const frame = { t: /** @type {"run"} */ ("run"), n: invocation.n, ...given.run(), cache: kept.cache.records };
    within(invocation, () => run(frame, /** @type {any} */ (invocation)));
  } catch (error) {
    if (error instanceof RuleNotLoadedError) return { t: "failed", ...error.failed };
    throw error;
  }
  const answer = await inTime(answered, timeoutS);
  invocation.isAnswered = true;
  invocation.stop();
  await new Promise((resolve) => setImmediate(resolve)); // what it promised itself and did not await is said now
  const said = within(invocation, () => typeof answer === "function" ? answer() : answer);
  invocation.isOver = true;
  return invocation.refusal ?? said;
}

/**
 * @param {Promise<any>} answered
 * @param {number} timeoutS
 */
async function inTime(answered, timeoutS) {
  /** @type {any} */
  let timer;
  const message =
    `the rule has not answered within ${timeoutS} s: it called no callback, and its promise was not settled`;
  const late = new Promise((resolve) =>
    timer = pause(() => resolve({ t: "failed", reason: "timeout", message }), timeoutS * 1000)
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    stop(timer);
  }
}

/**
 * @param {any} answer
 * @param {ReturnType<typeof inputsOf>} given
 * @param {Kept} kept
 * @returns {RuleResult}
 */
function resultOf(answer, given, kept) {
  switch (answer.t) {
    case "returned":
      try {
        return grantedResult(answer, given, kept);
      } catch (error) {
        if (!(error instanceof BadResult)) throw error;
        return failedResult("bad_result", error.message, kept);
      }
    case "refused": {
      const description = answer.message.slice(0, MAX_DENIAL).toWellFormed();
      return { ...ending("denied", kept), refused: { error: answer.code, description } };
    }
    case "threw":
      return failedResult("exception", answer.text, kept);
    case "bad-return":
      return failedResult("bad_result", answer.why, kept);
    default:
      return failedResult(answer.reason, answer.message, kept);
  }
}

/**
 * @param {{ form: any, value: string }} answer
 * @param {ReturnType<typeof inputsOf>} given
 * @param {Kept} kept
 */
function grantedResult(answer, { scopes, claims: before }, kept) {
  const { scope, claims, leftOut } = granted(JSON.parse(answer.value), answer.form, scopes);
  const shown = leftOut.map(({ name, why }) => ({ name: kept.log.masked(name), why }));
  for (const { name, why } of shown) kept.log.add("warn", `left out ${name}: ${why}`);
  const isSet = (/** @type {[string, unknown]} */ [name, value]) =>
    !Object.hasOwn(before, name) || JSON.stringify(before[name]) !== JSON.stringify(value);
  return {
    ...ending("granted", kept),
    claims: { ...before, ...claims },
    scope,
    leftOut: shown,
    claimsSet: Object.fromEntries(Object.entries(claims).filter(isSet)),
    scopeAdded: scope.filter((name) => !scopes.scope.includes(name)),
    scopeRemoved: scopes.scope.filter((name) => !scope.includes(name)),
  };
}

/**
 * @param {string} reason
 * @param {string} detail
 * @param {Kept} kept
 */
function failedResult(reason, detail, kept) {
  const message = kept.log.masked(kept.log.inItsWords(detail)).slice(0, MAX_DETAIL).toWellFormed();
  kept.log.add("error", message || reason);
  return { ...ending(`failed:${reason}`, kept), failed: { reason, message } };
}

/**
 * @param {string} outcome
 * @param {Kept} kept
 * @returns {RuleResult}
 */
function ending(outcome, { log, calls, storage, cache }) {
  return {
    outcome,
    granted: outcome === "granted",
    claims: {},
    scope: [],
    refused: null,
    failed: null,
    leftOut: [],
    log: log.lines,
    calls: calls.made,
    storage: storage.value,
    cache: cache.texts,
    claimsSet: {},
    scopeAdded: [],
    scopeRemoved: [],
  };
}
