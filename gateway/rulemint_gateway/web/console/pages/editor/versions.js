import { listVersions, readVersion } from "../../api/rules.js";
import { listClients } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { Merge } from "../../components/code/merge.js";
import { Dialog } from "../../components/dialog.js";
import { Moment } from "../../components/moment.js";
import { PowerShown } from "../../components/power.js";
import { Said } from "../../components/said.js";
import { Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { textOf } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { several } from "../../text/numbers.js";
import { html, useState } from "../../vendor/third-party.js";

/** @typedef {import("../../api/rules.js").Version} Version */

/**
 * Every version that is kept: who made it, when, and what for. An older one can be looked at, taken, and deployed.
 * @param {{ editing: import("./editing.js").Editing, deploy: (number: number) => void }} props
 */
export function Versions({ editing, deploy }) {
  const { id, rule } = editing;
  const clients = useAnswer(listClients, [], { when: may("read:clients") });
  const nameOf = (/** @type {string | null} */ by) =>
    clients.value?.find((each) => each.client_id === by)?.name ?? by ?? "Rulemint";
  const versions = useAnswer((signal) => listVersions(id, signal), [id, rule.version, rule.draft_version]);
  const [compared, setCompared] = useState(/** @type {Version | null} */ (null));
  const take = async (/** @type {number} */ number) => editing.set(textOf(await readVersion(id, number)));
  return html`
    <${Shown} of=${versions}>${(/** @type {Version[]} */ found) =>
      html`
        <ol class="plain version-list">${found.map((each) =>
          html`
            <li key=${each.number} class=${each.deployed ? "live" : ""}>
              <div class="version-head">
                <b>v${each.number}</b>
                ${each.deployed && html`<span class="badge good">runs</span>`}
                ${each.draft && html`<span class="badge plain">draft</span>`}
                <span class="dim"><${Moment} at=${each.created_at} /> by <${Said} text=${nameOf(
                  each.created_by,
                )} most=${40} /></span>
              </div>
              ${each.message && html`
                <p class="about">
                  <${Said} text=${each.message} most=${500} />
                </p>
              `}
              <div class="dim facts-line">${several(
                each.case_count,
                "test",
              )} <span>power:</span> <${PowerShown} power=${each
                .power} hosts=${each.allow_hosts} /></div>
              <div class="actions">
                <${Action} kind="quiet" label=${`Compare v${each.number} with the text in the editor`}
                  run=${async () => setCompared(await readVersion(id, each.number))}>Compare<//>
                <${Action} kind="quiet" label=${`Put v${each.number} into the editor`} run=${() =>
                  take(each.number)}>Into the editor<//>
                ${!each.deployed && html`
                  <${Action} scope="update:rules" kind="quiet"
                    label=${`${each.number < rule.version ? "Roll back to" : "Deploy"} v${each.number}`}
                    run=${() => deploy(each.number)}>${each.number < rule.version ? "Roll back…" : "Deploy…"}<//>
                `}
              </div>
            </li>
          `
        )}</ol>
      `}<//>
    ${compared && html`
      <${Dialog} title=${`v${compared.number} and the text in the editor`} close=${() =>
        setCompared(null)} class="wide-dialog">
        <${Merge} label="What differs" before=${compared.script} after=${editing.text.script}
          beforeName=${`v${compared.number}`} afterName="in the editor" language=${editing.text.language} />
        <p class="actions"><button type="button" class="action" autofocus onClick=${() =>
          setCompared(null)}>Close</button></p>
        <//>
    `}
  `;
}
