import { listExchanges } from "../../api/trials.js";

const AT_ONCE = 4;

/**
 * The newest token request that failed by each rule, as far as records are kept.
 * @param {{ id: string, name: string }[]} rules
 * @param {AbortSignal} signal
 * @returns {Promise<Map<string, any>>} by the rule's id
 */
export async function lastFailures(rules, signal) {
  const found = new Map();
  const left = [...rules];
  const work = async () => {
    for (let rule = left.shift(); rule; rule = left.shift()) {
      const [failure] = await listExchanges({ rule: rule.name, outcome: "failed", take: 1 }, signal);
      if (failure && lastOf(failure) === rule.name) found.set(rule.id, failure);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/**
 * The rule that a flow ended with: those before it have passed.
 * @param {{ rules?: { rule: string }[], first_rule?: string }} failure
 */
function lastOf({ rules, first_rule }) {
  return rules?.at(-1)?.rule ?? first_rule;
}
