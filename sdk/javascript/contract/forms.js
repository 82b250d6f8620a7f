// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/forms.js: change that, and run `make sdk`.
/** What a rule's text exports → a rule. Its form follows from that. */

import { otherTriggerOf } from "./other_triggers.js";
import { isFirstAction, parametersOf } from "./parameters.js";
import { moduleOf, moduleOrRuleOf, ruleOf, webtaskOf } from "./rule.js";

/** @import { LoadFrame, Rule } from "./frames.d.ts" */

/** The text does not parse or exports no function. */
export class NotARule extends Error {
  /** @override */
  name = "SyntaxError";
}

/**
 * The rule that *exported* is, or has: an action by its name, else a function, whose parameters say which form it is.
 *
 * @param {any} exported
 * @param {LoadFrame} load
 * @param {string} name
 * @returns {Promise<Rule>}
 */
export async function ruleFrom(exported, load, name) {
  const action = propertyOf(exported, "onExecuteCredentialsExchange");
  if (typeof action === "function") {
    const { actionOf } = await import("./action.js"); // only actions pay for it
    return actionOf(action, load);
  }
  const rule = typeof exported === "function" ? exported : propertyOf(exported, "default");
  const other = otherTriggerOf(exported, rule);
  if (other !== null) throw new NotARule(other);
  if (typeof rule !== "function") {
    const found = name === "module.exports" ? exported : rule;
    throw new NotARule(`the file exports no function: ${name} must be one, it is ${typeof found}`);
  }
  if (/^class\b/.test(Function.prototype.toString.call(rule))) {
    throw new NotARule(`the file exports a class: ${name} must be a function, such as one of its methods`);
  }
  if (isFirstAction(rule)) return (await import("./action.js")).firstActionOf(rule, load);
  const webtask = webtaskOf(rule, load);
  if (webtask !== null) return webtask;
  const { isKnown, count, takesMore, readsArguments } = parametersOf(rule);
  if (rule === exported || count > 2) return ruleOf(rule, load);
  return isKnown && !takesMore && !readsArguments ? moduleOf(rule, load) : moduleOrRuleOf(rule, load);
}

/**
 * A proxy may refuse to show what it has.
 *
 * @param {any} exported
 * @param {string} name
 */
function propertyOf(exported, name) {
  try {
    return exported?.[name];
  } catch {
    return undefined;
  }
}
