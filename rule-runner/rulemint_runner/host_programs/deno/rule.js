/** A loaded rule: however it was written, a function from one invocation to one answer. */

import { describe, refused, returned, thrown } from "./answers.js";
import { writeLine } from "./capture.js";
import { ruleContext, webtaskContext } from "./inputs.js";
import { parametersOf, webtaskFormOf } from "./parameters.js";
import { requestOf, responseTo } from "./response.js";

/** @import { Answering, LoadFrame, Rule, RuleFunction, RunFrame } from "./frames.d.ts" */
/** @typedef {(error?: unknown, value?: unknown) => void} Callback */

const TWICE = "the rule called its callback more than once: the first call counts";
const NO_RESULT = "what a webtask returns is no answer: (cb) and (ctx, cb) answer by cb, (ctx, req, res) by res; " +
  "a rule that returns names (client, scope, audience, context)";

/**
 * `(client, scope, audience, context, cb)`; an async one may return its result instead, and one that cannot call back
 * does nothing else.
 *
 * @param {RuleFunction} rule
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function ruleOf(rule, load) {
  const { count, takesMore, readsArguments } = parametersOf(rule);
  const mayCallBack = count > 4 || takesMore || readsArguments;
  return withCallback(
    mayCallBack ? "plain" : "any",
    (run, callback) => rule(run.client, run.scope, run.audience, ruleContext(run, load), callback),
  );
}

/**
 * A generic webtask: `(cb)`, `(ctx, cb)` or `(ctx, req, res)`; null if it is none. A falsy result is an empty one there.
 * What it returns is none: an action of Auth0's first version, which has two parameters too, would refuse by it and not
 * be heard.
 *
 * @param {RuleFunction} webtask
 * @param {LoadFrame} load
 * @returns {Rule | null}
 */
export function webtaskOf(webtask, load) {
  const form = webtaskFormOf(webtask);
  if (form === null) return null;
  return withCallback("none", (run, callback) => {
    /** @type {Callback} */
    const orEmpty = (error, value) => callback(error, value || {});
    const context = webtaskContext(run, load);
    if (form === "callback") return webtask(orEmpty);
    if (form === "context") return webtask(context, orEmpty);
    return webtask(context, requestOf(context), responseTo(orEmpty));
  });
}

/**
 * Our own form: `({ client, scope, audience, context }) => claims`.
 *
 * @param {RuleFunction} module
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function moduleOf(module, load) {
  return (run, answer) => {
    const { client, scope, audience } = run;
    Promise.resolve({ client, scope, audience, context: ruleContext(run, load) }).then(module).then(
      (value) => answer(returned("own", value)),
      (error) => answer(thrown(error)),
    );
  };
}

/**
 * A rule that answers through a callback, and as far as *results* says by what it returns: an async one by a plain
 * object, or any by anything. What is taken for a result too early is a yes that the rule has not said.
 *
 * @param {"none" | "plain" | "any"} results
 * @param {(run: RunFrame, callback: Callback) => any} call
 * @returns {Rule}
 */
function withCallback(results, call) {
  return (run, answer) => {
    const once = answerOnce(answer);
    /** @type {Callback} */
    const callback = (error, value) => {
      if (once.answered) return once.calledAgain();
      once.answer(error ? refused(error) : returned("auth0", value));
    };
    /** @param {unknown} error */
    const fail = (error) => {
      if (once.answered) return once.warn(`after its answer the rule threw: ${describe(error)}`);
      once.answer(thrown(error));
    };
    /** @param {any} result */
    const finish = (result) => {
      if (once.answered || (results !== "any" && !isPlainObject(result))) return;
      if (results === "none") return once.warn(NO_RESULT);
      once.answer(returned("auth0", result));
    };
    try {
      const value = call(run, callback);
      if (typeof value?.then === "function") value.then(finish, fail);
      else if (results !== "plain" && typeof value === "object" && value !== null) finish(value);
    } catch (error) {
      fail(error);
    }
  };
}

/**
 * An answer that is given once; what comes later is told to the rule's author, as long as its invocation lasts.
 *
 * @param {Answering} answer
 */
function answerOnce(answer) {
  return {
    answered: false,
    /** @type {Answering} */
    answer(value) {
      this.answered = true;
      answer(value);
    },
    /** @param {string} text */
    warn(text) {
      if (strayErrorTo === answer) writeLine("warn", text);
    },
    /** A call that comes too late for its own invocation's log is told in the next one's. */
    calledAgain() {
      if (strayErrorTo === NOBODY) wasCalledAgain = true;
      else writeLine("warn", strayErrorTo === answer ? TWICE : `in an earlier invocation ${TWICE}`);
    },
  };
}

/**
 * What an async rule with a callback may mean as its result; what it happens to return, such as a timer, is none.
 *
 * @param {unknown} value
 */
function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const NOBODY = () => {};
/** @type {Answering} */
let strayErrorTo = NOBODY;
let wasCalledAgain = false;

/**
 * From now on an error that nobody catches answers the invocation through `answer`.
 *
 * @param {Answering} answer
 */
export function beginInvocation(answer) {
  strayErrorTo = answer;
  if (wasCalledAgain) writeLine("warn", `in an earlier invocation ${TWICE}`);
  wasCalledAgain = false;
}

/** The answer leaves: from now on no line belongs to its invocation. */
export function endInvocation() {
  strayErrorTo = NOBODY;
}

/** Catch what a rule throws outside of its call: in a timer, or in a promise that nobody awaits. */
export function catchStrayErrors() {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.error));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    strayErrorTo(thrown(event.reason));
  });
}
