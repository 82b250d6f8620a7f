import { needs } from "../../components/action.js";
import { Empty, Shown } from "../../components/states.js";
import { may } from "../../state/session.js";
import { counted } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";

/** @typedef {import("./attention.js").Rule} Rule */

/**
 * How many rules there are, by their state.
 * @param {{ of: import("../../state/answers.js").Asked<Rule[]> }} props
 */
export function RuleCounts({ of }) {
  return html`
    <section class="card" aria-label="Rules">
      <h2><a href="#/rules">Rules</a></h2>
      ${may("read:rules") ? html`<${Shown} of=${of}>${shown}<//>` : html`<p class="needs">${needs("read:rules")}</p>`}
    </section>
  `;
}

/** @param {Rule[]} rules */
function shown(rules) {
  if (!rules.length) {
    return html`
      <${Empty} title="This tenant has no rule yet">
        <p>Its clients get the scopes of their grants. <a href="#/rules">Write the first rule</a>.</p>
        <//>
    `;
  }
  const live = rules.filter((each) => each.enabled && each.version).length;
  const states = {
    live,
    paused: rules.filter((each) => each.pause).length,
    disabled: rules.filter((each) => !each.enabled).length,
    drafts: rules.filter(hasDraft).length,
  };
  return html`<dl class="figures">${
    Object.entries(states).map(([name, count]) =>
      html`
        <div key=${name}>
          <dt>${name}</dt>
          <dd>${counted(count)}</dd>
        </div>
      `
    )
  }</dl>`;
}

/** @param {Rule} rule */
function hasDraft({ version, draft_version: draft }) {
  return draft !== null && draft !== version;
}
