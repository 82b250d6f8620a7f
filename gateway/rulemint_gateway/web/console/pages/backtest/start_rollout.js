import { html, useState } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { DraftNote } from "../../components/draft_note.js";
import { Field } from "../../components/field.js";
import { Empty, Failure } from "../../components/states.js";
import { useDraft } from "../../state/edits.js";
import { at, part } from "../../state/router.js";
import { tell } from "../../state/toasts.js";
import { stepsOf } from "./sides.js";
import { useOthers, VersionChoice } from "./versions.js";

const UNTOUCHED = { kind: "canary", wanted: "", steps: "5, 25, 100", minimum: "100", tolerance: "1", hold: "60" };

/** Roll a version out, as a canary or a shadow. @param {{ rule: import("./versions.js").KnownRule, path: string, again: () => void }} props */
export function StartRollout({ rule, path, again }) {
  const others = useOthers(rule);
  const draft = useDraft(`rollout/${rule.id}`, UNTOUCHED);
  const { kind, wanted, steps, minimum, tolerance, hold } = draft.values;
  const field = (/** @type {string} */ name) => ({
    value: draft.values[name],
    onInput: (/** @type {string} */ value) => draft.change({ [name]: value }),
  });
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const version = others.find((each) => String(each) === wanted) || rule.draft_version || others[0] || 0;
  const canary = kind === "canary";
  if (!version) {
    return html`
      <${Empty} title="This rule has no other version to roll out">
        <p>Save a draft of it <a href=${at(`/rules/${part(rule.id)}`)}>in the editor</a>.</p>
        <//>
    `;
  }
  const start = async () => {
    setProblem(null);
    const judged = { minimum: Number(minimum), tolerance: Number(tolerance), hold_s: Number(hold) };
    try {
      await post(path, { kind, version, steps: stepsOf(steps), ...(canary ? judged : {}) });
      draft.drop();
      tell(`Version ${version} is being rolled out`);
      again();
    } catch (error) {
      setProblem(error);
    }
  };
  const wrong = (/** @type {string} */ field) => problem?.field?.startsWith(field) ? problem.message : undefined;
  const named = ["steps", "minimum", "tolerance", "hold_s"].some(wrong);
  return html`
    <section class="card" aria-label="Start a rollout">
      <h2>Roll a version out</h2>
      <p class="dim">${canary
        ? "A canary decides for a share of the clients. If it fails or refuses more than the version that runs, it is rolled back by itself."
        : "A shadow decides nothing: it runs behind live requests, and the log says what it would have done otherwise."}</p>
      <div class="rollout-form">
        <label>As <select value=${kind} onChange=${(/** @type {any} */ event) => {
          const kind = event.currentTarget.value;
          draft.change({ kind, steps: kind === "canary" ? UNTOUCHED.steps : "10" });
        }}><option value="canary">a canary</option><option value="shadow">a shadow</option></select></label>
        <${VersionChoice} rule=${rule} others=${others.length ? others : [version]} value=${version} onChange=${(
          /** @type {number} */ version,
        ) => draft.change({ wanted: String(version) })} />
        <${Field} label=${canary ? "Percent of the clients" : "Percent of the requests"} ...${field("steps")}
          problem=${stepsOf(steps) ? wrong("steps") : "Numbers up to 100, ascending"} />
        ${canary && html`
          <${Field} label="Requests a step needs" type="number" ...${field("minimum")}
            problem=${wrong("minimum")} />
          <${Field} label="Tolerance in points" type="number" ...${field("tolerance")} problem=${wrong(
            "tolerance",
          )} />
          <${Field} label="Seconds a step lasts" type="number" ...${field("hold")}
            problem=${wrong("hold_s")} />
        `}
      </div>
      <${DraftNote} edits=${draft} />
      ${problem && !named && html`<${Failure} problem=${problem} />`}
      <p class="actions"><${Action} kind="main" scope="update:rules" run=${start} disabled=${!stepsOf(
        steps,
      )}>Start the ${kind}<//></p>
    </section>
  `;
}
