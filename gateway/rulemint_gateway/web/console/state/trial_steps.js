/** A trial as the steps of a waterfall: its rules one after the other, each with its calls. */

/** @typedef {import("../api/trials.js").Call} Call */

/**
 * A call says when it ended, and a trial does not say when it began. So the last call of a rule is drawn to end with
 * its rule at the latest, and the others in their distance from it.
 * @param {import("../api/trials.js").Trial} trial
 * @param {string} rule the name of a rule that was tried alone
 * @returns {import("../components/waterfall.js").Step[]}
 */
export function stepsOf(trial, rule) {
  const ran = trial.flow?.filter((each) => each.outcome !== "not_run") ??
    [{ rule, version: null, duration_ms: trial.duration_ms, calls: trial.calls }];
  let began = 0;
  return ran.map((each) => {
    const step = {
      step: "rule",
      rule: each.rule,
      version: each.version,
      began_ms: began,
      duration_ms: each.duration_ms,
      calls: callsOf(each.calls, began, each.duration_ms),
    };
    began += each.duration_ms;
    return step;
  });
}

/**
 * @param {Call[]} calls
 * @param {number} began
 * @param {number} lasted
 */
function callsOf(calls, began, lasted) {
  const last = Math.max(...calls.map((call) => Date.parse(call.ts)));
  return calls.map((call) => {
    const ended = began + lasted - (last - Date.parse(call.ts));
    return {
      method: call.method,
      host: call.host,
      status: call.status,
      began_ms: Math.max(began, ended - call.duration_ms),
      duration_ms: call.duration_ms,
    };
  });
}

/**
 * The payload that a token would get of a trial, without what is the same in every token.
 * @param {import("../api/trials.js").Trial} trial
 * @param {import("../api/trials.js").Inputs} inputs
 */
export function payloadOf(trial, inputs) {
  const client = typeof inputs.client === "string" ? inputs.client : inputs.client.id;
  return {
    sub: `${client}@clients`,
    ...(inputs.audience ? { aud: inputs.audience } : {}),
    ...(trial.scope.length ? { scope: trial.scope.join(" ") } : {}),
    ...trial.claims,
  };
}
