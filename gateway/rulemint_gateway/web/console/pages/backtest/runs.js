/** The backtest that runs. It goes on while its reader looks at a record, and its result is there when they come back. */

import { signal } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { summed } from "./sum.js";

/**
 * @typedef {object} Run
 * @property {string} ruleId
 * @property {string} draft what it compares, in words
 * @property {"running" | "done" | "stopped" | "failed"} state
 * @property {import("./sum.js").Answer | null} sum
 * @property {any} problem
 */

/** So many tapes in a call, so that a reader sees it go on. */
const TAKE = 50;

export const run = signal(/** @type {Run | null} */ (null));

let ending = new AbortController();

/**
 * Begin one; an earlier one ends.
 * @param {{ ruleId: string, draft: string, body: Record<string, unknown> }} wanted  `body`: beside the rule
 */
export async function begin({ ruleId, draft, body }) {
  ending.abort();
  const own = new AbortController();
  ending = own;
  const change = (/** @type {Partial<Run>} */ to) => {
    if (ending === own && run.value) run.value = { ...run.value, ...to };
  };
  run.value = { ruleId, draft, state: "running", sum: null, problem: null };
  try {
    /** @type {string | undefined} */
    let before;
    do {
      const asked = { ...body, rule_id: ruleId, take: TAKE, ...(before ? { before } : {}) };
      /** @type {import("./sum.js").Answer} */
      const answer = (await post("/api/v2/rules/backtest", asked, { signal: own.signal })).body;
      change({ sum: summed(run.value?.sum ?? null, answer) });
      before = answer.next;
    } while (before && !own.signal.aborted);
    change({ state: "done" });
  } catch (problem) {
    if (!own.signal.aborted) change({ state: "failed", problem });
  }
}

/** Stop, and keep what was found. */
export function stop() {
  ending.abort();
  if (run.value) run.value = { ...run.value, state: "stopped" };
}
