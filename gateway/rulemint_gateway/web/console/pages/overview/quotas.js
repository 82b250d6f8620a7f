import { needs } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Shown } from "../../components/states.js";
import { may } from "../../state/session.js";
import { counted } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";
import { amounts, fullness, limitOf, nameOf, partOf } from "./quota_words.js";

/** @typedef {import("./quota_words.js").Quotas} Quotas */
/** @typedef {import("./quota_words.js").Quota} Quota */

/**
 * How much of the tenant's quotas is used, the fullest first, and the token requests that limits refused.
 * @param {{ of: import("../../state/answers.js").Asked<Quotas> }} props
 */
export function QuotasShown({ of }) {
  return html`
    <section class="card" aria-label="Quotas">
      <h2>Quotas and throttling</h2>
      ${may("read:stats") ? html`<${Shown} of=${of}>${shown}<//>` : html`<p class="needs">${needs("read:stats")}</p>`}
    </section>
  `;
}

/** @param {Quotas} found */
function shown({ quotas, refused }) {
  const fullest = (/** @type {Quota} */ one, /** @type {Quota} */ other) => partOf(other) - partOf(one);
  const limiting = quotas.filter((each) => each.when_full !== "oldest_go").sort(fullest);
  const kept = quotas.filter((each) => each.when_full === "oldest_go");
  const some = refused.filter((each) => each.count);
  return html`
    ${some.length
      ? html`
        <p>Refused in the last hour:</p>
        <ul class="refused">${some.map((each) =>
          html`<li key=${each.by}><b>${counted(each.count)}</b> by ${limitOf(each)}</li>`
        )}</ul>
      `
      : html`<p class="dim">No token request was refused by a quota or a limit in the last hour.</p>`}
    <dl class="quotas">${limiting.map(row)}</dl>
    <details>
      <summary>Records that are kept; the oldest make room</summary>
      <dl class="quotas">${kept.map(row)}</dl>
    </details>
  `;
}

/** @param {Quota} quota */
function row(quota) {
  const state = fullness(quota);
  const width = `${Math.min(100, partOf(quota) * 100).toFixed(1)}%`;
  return html`
    <div key=${quota.name} title=${`Set by ${quota.set_by}`}>
      <dt>${nameOf(quota)}</dt>
      <dd>
        <span class=${`fill ${state}`} aria-hidden="true"><span style=${{ width }}></span></span>
        <span class="amount">${amounts(quota)}</span>
        ${state &&
          html`<span class=${`badge ${state === "full" ? "bad" : "warn"}`}>${
            state === "full" ? "used up" : "nearly used"
          }</span>`}
        ${quota.resets_at && html`<span class="dim">until <${Moment} at=${quota.resets_at} /></span>`}
      </dd>
    </div>
  `;
}
