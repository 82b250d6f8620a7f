import { get, post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Allowed, Empty, Failure, Loading } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { part } from "../../state/router.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { html } from "../../vendor/third-party.js";
import { attention } from "./attention.js";
import { QuotasShown } from "./quotas.js";
import { RuleCounts } from "./rule_counts.js";
import { System } from "./system.js";
import { Traffic } from "./traffic.js";

const MINUTES = 15;
/** Each of these tells a part of what needs attention. */
const TOLD_BY = ["read:logs", "read:rules", "read:status", "read:stats"];
const SOON_MS = 5_000;
const LATER_MS = 15_000;

/** The state of the tenant at a glance, while it changes. */
export default function Overview() {
  const traffic = useRead("read:stats", "/api/v2/stats/minutes", () => ({ last: 60 }), SOON_MS);
  const failed = useRead("read:logs", "/api/v2/exchanges", () => lately("failed"), LATER_MS);
  const refused = useRead("read:logs", "/api/v2/exchanges", () => lately("refused"), LATER_MS);
  const rules = useRead("read:rules", "/api/v2/rules", () => ({}), LATER_MS);
  const status = useRead("read:status", "/api/v2/status", () => ({}), SOON_MS);
  const quotas = useRead("read:stats", "/api/v2/quotas", () => ({}), LATER_MS);
  const items = attention({
    failed: failed.value?.exchanges,
    refused: refused.value?.exchanges,
    rules: rules.value,
    status: status.value,
    quotas: quotas.value,
    minutes: MINUTES,
  });
  const problem = [failed, refused, rules, status, quotas].find((each) => each.problem)?.problem;
  const known = [failed, refused, rules, status, quotas].some((each) => each.value !== undefined);
  return html`
    <div class="head">
      <h1>Overview</h1>
      <p class="dim" role="status">${freshness(traffic)}</p>
    </div>
    <section class="card" aria-label="Needs attention">
      <h2>Needs attention</h2>
      ${problem && html`<${Failure} problem=${problem} />`}
      <${Allowed} scope=${TOLD_BY} what="what needs attention">
        ${known ? html`<${Attention} items=${items} again=${rules.again} />` : !problem && html`<${Loading} />`}
        <//>
    </section>
    <${Allowed} scope="read:stats" what="how many tokens there are">
      <${Traffic} of=${traffic} />
      <//>
      <div class="columns">
        <${RuleCounts} of=${rules} />
        <${System} of=${status} />
      </div>
      <${QuotasShown} of=${quotas} />
  `;
}

/** @param {{ items: import("./attention.js").Item[], again: () => void }} props */
function Attention({ items, again }) {
  if (!items.length) {
    return html`
      <${Empty} title="Nothing needs you now">
        <p>Failing and paused rules, quotas that are used up, runners that are away,
            and clients that are refused would stand here.</p>
        <//>
    `;
  }
  const resume = async (/** @type {{ ruleId: string, name: string }} */ { ruleId, name }) => {
    await post(`/api/v2/rules/${part(ruleId)}/resume`, {});
    tell(`${name} runs again`);
    again();
  };
  const words = { bad: "failing", warn: "watch", plain: "note" };
  return html`
    <ul class="attention">
      ${items.map((item) =>
        html`
          <li key=${item.key}>
            <span class=${`badge ${item.grade}`}>${words[item.grade]}</span>
            <span class="attention-text">
              ${item.about && html`<b><${Said} text=${item.about} most=${80} /></b>`}${" "}
              <${Said} text=${item.says} />${" "}
              ${item.at && html`<span class="dim">(<${Moment} at=${item.at} distance />)</span>`}
            </span>
            ${item.href && html`<a href=${item.href}>${item.does}</a>`}
            ${item.resume &&
              html`<${Action} scope="update:rules" run=${() => resume(/** @type {any} */ (item.resume))}>Resume<//>`}
          </li>
        `
      )}
    </ul>
  `;
}

/**
 * One read that is repeated, unless the session may not make it.
 * @param {string} scope
 * @param {string} path
 * @param {() => Record<string, string | number>} query
 * @param {number} everyMs
 */
function useRead(scope, path, query, everyMs) {
  return useAnswer(async (signal) => (await get(path, { query: query(), signal })).body, [path], {
    everyMs,
    when: may(scope),
  });
}

/** @param {string} outcome */
function lately(outcome) {
  return { outcome, since: Date.now() - MINUTES * 60_000, take: 100 };
}

/** @param {import("../../state/answers.js").Asked<any>} asked */
function freshness({ value, problem }) {
  if (problem) return value ? `Not live: ${problem.message}` : "";
  return value ? "Live" : "";
}
