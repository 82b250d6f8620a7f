import { Action } from "../../components/action.js";
import { TrialInputs } from "../../components/trial/inputs.js";
import { TrialResult } from "../../components/trial/result.js";
import { at } from "../../state/router.js";
import { caseOf } from "../../state/trial_inputs.js";
import { tell } from "../../state/toasts.js";
import { html } from "../../vendor/third-party.js";

/**
 * Trials of the text as it stands in the editor.
 * @param {{ rule: import("../../api/rules.js").Rule, trying: import("../../state/trials.js").Trying, text: string, problem: string, onChange: (text: string) => void, flow: boolean, setFlow: (flow: boolean) => void, live: boolean, setLive: (live: boolean) => void, editing: import("./editing.js").Editing, goTo: (line: number, column: number) => void, extensions: any[] }} props
 */
export function TryPanel(
  { rule, trying, text, problem, onChange, flow, setFlow, live, setLive, editing, goTo, extensions },
) {
  const { trial, of } = trying;
  const calls = editing.text.allow_hosts.length > 0;
  const keep = () => {
    if (!trial || !of) return;
    const taken = new Set(editing.text.cases.map((/** @type {{ name: string }} */ each) => each.name));
    let name = `${trial.outcome.split(":")[0]} ${taken.size + 1}`;
    while (taken.has(name)) name += "'";
    editing.set({ cases: [...editing.text.cases, caseOf(name, of.body, trial)] });
    tell(`The test “${name}” is part of the text now: save it`);
  };
  return html`
    <${TrialInputs} text=${text} problem=${problem} rule=${rule.name} onChange=${onChange} extensions=${extensions} />
    <div class="actions try-actions">
      <${Check} label="The whole flow" on=${flow} set=${setFlow} />
      <${Check} label="As I type" on=${live} set=${setLive} />
      <a href=${at("/try", { rule: rule.id })}>Open as a page</a>
    </div>
    ${live && (calls || trying.slow) &&
      html`<p class="dim note">${
        calls
          ? "It may call other services, and a trial's calls are real: it runs only when you press Try."
          : "It took long the last time: it runs only when you press Try."
      }</p>`}
    ${trial && of
      ? html`
        <${TrialResult} trial=${trial} inputs=${of.body} rule=${rule.name} goTo=${goTo} />
        <p>
          <${Action} scope="update:rules" run=${keep}
            title="A test that is green as long as the rule does what it did now">Keep as a test<//></p>
      `
      : html`<p class="dim">What the token would get is shown here.</p>`}
  `;
}

/** @param {{ label: string, on: boolean, set: (on: boolean) => void }} props */
function Check({ label, on, set }) {
  return html`<label class="check"><input type="checkbox" checked=${on} onChange=${(/** @type {any} */ event) =>
    set(event.currentTarget.checked)} /> ${label}</label>`;
}
