import { listClients, listExchanges, readExchange } from "../../api/trials.js";
import { useAnswer } from "../../state/answers.js";
import { may } from "../../state/session.js";
import { complain } from "../../state/toasts.js";
import { inputsOfExchange, spelledInputs } from "../../state/trial_inputs.js";
import { plainly } from "../../text/hostile.js";
import { away } from "../../text/moments.js";
import { html } from "../../vendor/third-party.js";
import { Editor } from "../code/editor.js";
import { Said } from "../said.js";

const RECORDED = 30;

/**
 * The inputs of a trial: JSON to write in, and ways to have it written.
 * @param {{ text: string, problem: string, rule?: string, extensions?: any[], onChange: (text: string) => void }} props
 *   `rule`: the name of the rule whose requests are offered
 */
export function TrialInputs({ text, problem, rule, extensions, onChange }) {
  const clients = useAnswer(listClients, [], { when: may("read:clients") });
  const recorded = useAnswer((signal) => listExchanges({ rule, take: RECORDED }, signal), [rule], {
    when: may("read:logs"),
  });
  const fromClient = (/** @type {string} */ id) => id && onChange(spelledInputs({ client: id }));
  const fromRecord = async (/** @type {string} */ id) => {
    try {
      if (id) onChange(spelledInputs(inputsOfExchange(await readExchange(id))));
    } catch (error) {
      complain(error);
    }
  };
  return html`
    <div class="inputs-from">
      <${Choice} label="From a recorded request" scope="read:logs" choose=${fromRecord}
        entries=${(recorded.value ?? []).map((each) => [
          each.id,
          `${away(each.started_at_ms)} · ${each.client_name ?? each.client_id ?? "nobody"} · ${each.outcome}`,
        ])} />
      <${Choice} label="From a client" scope="read:clients" choose=${fromClient}
        entries=${(clients.value ?? []).map(({ client_id, name }) => [client_id, name])} />
    </div>
    <${Editor} label="Inputs of the trial, as JSON" language="json" value=${text} onChange=${onChange}
      extensions=${extensions} class="small" />
    ${problem && html`
      <p class="wrong" role="status">
        <${Said} text=${problem} />
      </p>
    `}
  `;
}

/** @param {{ label: string, scope: string, entries: string[][], choose: (id: string) => void }} props */
function Choice({ label, scope, entries, choose }) {
  const allowed = may(scope);
  return html`
    <select aria-label=${label} value="" disabled=${!allowed || !entries.length}
      title=${allowed ? undefined : `needs ${scope}`}
      onChange=${(/** @type {any} */ event) => {
        choose(event.currentTarget.value);
        event.currentTarget.value = "";
      }}>
      <option value="">${label}${allowed && !entries.length ? " (none)" : "…"}</option>
      ${entries.map(([id, says]) => html`<option key=${id} value=${id}>${plainly(says).slice(0, 90)}</option>`)}
    </select>
  `;
}
