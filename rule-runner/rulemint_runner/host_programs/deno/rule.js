/** A loaded rule: however it was written, a function from one invocation to one answer. */

import { refused, result, returned, thrown } from "./answers.js";
import { writeLine } from "./capture.js";
import { refusalOfCommand } from "./denial.js";
import { ruleContext, webtaskContext } from "./inputs.js";
import { current } from "./invocation.js";
import { isPlainObject, kindOf } from "./kinds.js";
import { parametersOf, webtaskFormOf } from "./parameters.js";
import { requestOf, responseTo } from "./response.js";
import { tell } from "./strays.js";

/** @import { LoadFrame, Rule, RuleFunction, RunFrame } from "./frames.d.ts" */
/** @import { Invocation } from "./invocation.js" */
/** @typedef {(error?: unknown, value?: unknown) => void} Callback */
/**
 * What a result is to a function that may call back: `none` is an answer; a plain object that it `promised`; one that it
 * returned too, as `plain`, where its parameters cannot be known. `all`: it cannot call back, so its result is its answer.
 *
 * @typedef {"none" | "promised" | "plain" | "all"} Results
 */

const TWICE = "the rule called its callback more than once: the first call counts";
const NO_RESULT = "what a webtask returns is no answer: (cb) and (ctx, cb) answer by cb, (ctx, req, res) by res; " +
  "a rule that returns names (client, scope, audience, context)";
const NO_ANSWER =
  "is no answer, and its callback decides: the parameters of this function cannot be known, so what it " +
  "returns is an answer only if it is a plain object or a promise of one";

/**
 * `(client, scope, audience, context, cb)`; an async one may return its result instead, and one that cannot call back
 * does nothing else.
 *
 * @param {RuleFunction} rule
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function ruleOf(rule, load) {
  return withCallback(
    resultsOf(rule),
    (run, callback) => rule(run.client, run.scope, run.audience, ruleContext(run, load), callback),
  );
}

/**
 * @param {RuleFunction} rule
 * @returns {Results}
 */
function resultsOf(rule) {
  const { isKnown, count, takesMore, readsArguments } = parametersOf(rule);
  if (isKnown && isGenerator(rule)) return "all"; // nothing of it is run, so that it calls nobody back
  if (!isKnown || takesMore || (readsArguments && count < 5)) return "plain";
  return count > 4 ? "promised" : "all";
}

/** @param {RuleFunction} rule */
function isGenerator(rule) {
  return /^\[object (?:Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(rule));
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
  return (run, invocation) => {
    const { client, scope, audience } = run;
    Promise.resolve({ client, scope, audience, context: ruleContext(run, load) }).then(module).then(
      (value) => invocation.answer(result("own", value)),
      (error) => invocation.answer(thrown(error)),
    );
  };
}

/**
 * The default export of a module whose parameters cannot be known: our own form, or the one of five arguments. It gets
 * these, and its client has what the one object of our own form has too: if that is looked at, it is a module.
 *
 * @param {RuleFunction} rule
 * @param {LoadFrame} load
 * @returns {Rule}
 */
export function moduleOrRuleOf(rule, load) {
  return (run, invocation) => {
    const { client, scope, audience } = run;
    const context = ruleContext(run, load);
    let isModule = false;
    for (const [name, value] of Object.entries({ client, scope, audience, context })) {
      const get = () => {
        isModule = true;
        return value;
      };
      Object.defineProperty(client, name, { get, configurable: true });
    }
    const five = withCallback("plain", (_run, callback) => {
      const value = rule(client, scope, audience, context, callback);
      const own = (/** @type {unknown} */ value) => {
        if (isModule && value !== undefined) invocation.answer(result("own", value));
        return value;
      };
      return isThenable(value) ? Promise.resolve(value).then(own) : own(value);
    });
    five(run, invocation);
  };
}

/**
 * A rule that answers through a callback, and as far as *results* says by what it returns. What is taken for a result too
 * early is a yes that the rule has not said.
 *
 * @param {Results} results
 * @param {(run: RunFrame, callback: Callback) => any} call
 * @returns {Rule}
 */
function withCallback(results, call) {
  return (run, invocation) => {
    /** @type {Callback} */
    const callback = (error, value) => {
      if (invocation.answer(error ? refused(error) : returned("auth0", value))) return;
      writeLine("warn", current() === invocation ? TWICE : `in an earlier invocation ${TWICE}`);
    };
    /** @param {unknown} error */
    const fail = (error) => tell(error, invocation);
    try {
      const value = call(run, callback);
      if (isThenable(value)) {
        Promise.resolve(value).then((value) => take(value, results, invocation, true)).catch(fail);
      } else {
        take(value, results, invocation, false);
      }
    } catch (error) {
      fail(error);
    }
  };
}

/**
 * Answer by *value*, if it is an answer.
 *
 * @param {any} value
 * @param {Results} results
 * @param {Invocation} invocation
 * @param {boolean} wasPromised
 */
function take(value, results, invocation, wasPromised) {
  if (invocation.isAnswered) return;
  const denial = refusalOfCommand(value);
  if (denial !== null) invocation.answer(denial);
  else if (results === "none" && isPlainObject(value)) writeLine("warn", NO_RESULT);
  else if (results === "all" && (wasPromised || value !== undefined)) invocation.answer(result("auth0", value));
  else if (results === "promised" && wasPromised && isResult(value)) invocation.answer(returned("auth0", value));
  else if (results === "plain" && isResult(value)) invocation.answer(returned("auth0", value));
  else if (results === "plain" && value !== undefined && value !== null) {
    writeLine("warn", `what the rule returned, ${kindOf(value)}, ${NO_ANSWER}`);
  }
}

/**
 * What a rule with a callback may mean as its result; what it happens to return, such as a timer, or what something can
 * be cancelled by, is none.
 *
 * @param {unknown} value
 */
function isResult(value) {
  return isPlainObject(value) &&
    Object.values(/** @type {object} */ (value)).every((each) => typeof each !== "function");
}

/** @param {any} value */
function isThenable(value) {
  return (typeof value === "object" || typeof value === "function") && typeof value?.then === "function";
}
