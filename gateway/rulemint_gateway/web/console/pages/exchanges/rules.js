import { html } from "../../vendor/third-party.js";
import { Differences } from "../../components/differences.js";
import { Said } from "../../components/said.js";
import { at, part } from "../../state/router.js";
import { duration } from "../../text/numbers.js";
import { claimChanges } from "./claims.js";

/** Each rule of the flow: what it was given, and what it left. @param {{ exchange: any }} props */
export function Rules({ exchange }) {
  const { rules, flow, first_rule } = exchange;
  if (!flow.length && !rules.length) {
    return html`<p class="dim">${
      first_rule ? html`<${Said} text=${first_rule} most=${80} /> was to run, and did not.` : "No rule was asked."
    }</p>`;
  }
  const idOf = (/** @type {string} */ name) => flow.find((/** @type {any} */ each) => each.rule === name)?.rule_id;
  return html`
    <ol class="ran-rules">
      ${rules.map((/** @type {any} */ rule, /** @type {number} */ index) =>
        html`
          <li key=${index} class="card">
            <${Rule} reports=${rules} index=${index} id=${idOf(rule.rule)} />
          </li>
        `
      )}
      ${flow.slice(rules.length).map((/** @type {any} */ each) =>
        html`
          <li key=${each.rule_id} class="card dim"><${Name} id=${each.rule_id} name=${each.rule} version=${each
            .version} />
            did not run: the request had ended.</li>
        `
      )}
    </ol>
  `;
}

/** @param {{ reports: any[], index: number, id?: string }} props */
function Rule({ reports, index, id }) {
  const report = reports[index];
  const { rule, version, scope_given, scope_added, scope_removed, dropped, duration_ms, ran_on, ended_at } = report;
  const changes = claimChanges(reports, index);
  return html`
    <div class="head"><h3><${Name} id=${id} name=${rule} version=${version} /></h3>
      <span class="dim">${duration(duration_ms)}${ran_on &&
        html`, ${ran_on.start} host, waited ${duration(ran_on.waited_ms)}`}</span></div>
    <p class="scopes"><span class="dim">Scopes</span>
      ${scope_given.map((/** @type {string} */ each) =>
        html`
          <${Scope} key=${each} name=${each} kind=${scope_removed.includes(each) ? "removed" : ""} />
        `
      )}
      ${scope_added.map((/** @type {string} */ each) => html`<${Scope} key=${each} name=${each} kind="added" />`)}
      ${!scope_given.length && !scope_added.length && html`<span class="dim">none</span>`}
    </p>
    ${changes.length > 0 && html`<${Differences} label=${`Claims that ${rule} set`} changes=${changes} />`}
    ${dropped.length > 0 &&
      html`<ul class="dropped">${
        dropped.map((/** @type {any} */ each, /** @type {number} */ at) =>
          html`
            <li
              key=${at}><code><${Said} text=${each.name} most=${200} /></code> was left out: <${Said} text=${each
                .why} most=${300} /></li>
          `
        )
      }</ul>`}
    ${ended_at && html`<p class="wrong">It ended at line ${ended_at.line}, column ${ended_at.column}.</p>`}
    ${ran_on && html`
      <details>
        <summary class="dim">Where it ran</summary>
        <p class="dim about-line">
            <span><${Said} text=${ran_on.engine} most=${60} /></span><span>host ${ran_on.host}, ${ran_on
              .runs_before} runs before</span>
            <span>${ran_on.timeout_s} s</span><span>${ran_on.memory_mb} MB</span>
            <span>runner <${Said} text=${ran_on.build} most=${40} /></span></p>
      </details>
    `}
  `;
}

/** @param {{ id?: string, name: string, version: number }} props */
function Name({ id, name, version }) {
  const says = html`<${Said} text=${name} most=${80} /> <small class="dim">v${version}</small>`;
  return id ? html`<a href=${at(`/rules/${part(id)}`)}>${says}</a>` : says;
}

/** @param {{ name: string, kind: string }} props */
function Scope({ name, kind }) {
  const sign = kind === "added" ? "+ " : kind === "removed" ? "− " : "";
  return html`<span class=${`scope-name ${kind}`} title=${
    kind && `${kind} by this rule`
  }>${sign}<${Said} text=${name} most=${80} /></span>`;
}
