import { html } from "../../vendor/third-party.js";
import { Action } from "../../components/action.js";
import { Empty, Failure } from "../../components/states.js";
import { at, part, refine } from "../../state/router.js";
import { may } from "../../state/session.js";
import { needs } from "../../components/action.js";
import { Result } from "./result.js";
import { begin, run, stop } from "./runs.js";
import { useOthers, VersionChoice } from "./versions.js";

const SCOPES = ["read:exchange_inputs", "update:rules"];
const HOUR_MS = 3_600_000;
const SINCE = [
  { says: "all that are kept", ms: 0 },
  { says: "the last hour", ms: HOUR_MS },
  { says: "the last day", ms: 24 * HOUR_MS },
  { says: "the last 7 days", ms: 7 * 24 * HOUR_MS },
];

/**
 * A version on recorded token requests. What is chosen stands in the address.
 * @param {{ rule: import("./versions.js").KnownRule, query: Record<string, string> }} props
 */
export function Replays({ rule, query }) {
  const others = useOthers(rule);
  const since = SINCE.find(({ ms }) => String(ms) === query.since)?.ms ?? 0;
  const version = others.find((each) => String(each) === query.version) || rule.draft_version || others[0] || 0;
  const missing = SCOPES.find((each) => !may(each));
  const own = run.value?.ruleId === rule.id ? run.value : null;
  if (!version && !own) {
    return html`
      <${Empty} title="This rule has no other version to try">
        <p>Change it <a href=${at(
          `/rules/${part(rule.id)}`,
        )}>in the editor</a> and save a draft: it is compared with the version that runs.</p>
        <//>
    `;
  }
  const start = () =>
    begin({
      ruleId: rule.id,
      draft: `version ${version}`,
      body: { version, since_ms: since ? Date.now() - since : 0 },
    });
  const running = own?.state === "running";
  return html`
    <p class="dim">Recorded token requests run again, with version ${rule.version ??
      "–"}, which runs, and with the other one. Nothing
      is deployed, called or written.</p>
    <div class="actions backtest-form">
      <${VersionChoice} rule=${rule} others=${others.length ? others : [version]} value=${version} onChange=${(
        /** @type {number} */ version,
      ) => refine({ version })} />
      <label>Token requests of <select value=${since} onChange=${(/** @type {any} */ event) =>
        refine({ since: event.currentTarget.value })}>${SINCE.map(({ says, ms }) =>
          html`<option key=${ms} value=${ms}>${says}</option>`
        )}</select></label>
      ${running
        ? html`<${Action} run=${stop}>Stop<//>`
        : html`<${Action} kind="main" scope=${missing} run=${() => void start()} title=${
          missing && needs(missing)
        }>Start the backtest<//>`}
    </div>
    ${own && html`<${Result} run=${own} />`}
    ${own?.state === "failed" && html`<${Failure} problem=${own.problem} again=${start} />`}
  `;
}
