import { html, useState } from "../../vendor/third-party.js";
import { get, patch, post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { DraftNote } from "../../components/draft_note.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { Failure } from "../../components/states.js";
import { useDraft } from "../../state/edits.js";
import { at, part } from "../../state/router.js";
import { tell } from "../../state/toasts.js";
import { NoTape } from "./inputs.js";
import { Unknown } from "./result.js";

/** Make a test of a rule from the request, and keep it with the rule. @param {{ exchange: any }} props */
export function SaveAsTest({ exchange }) {
  const ran = exchange.rules.map((/** @type {any} */ each) => each.rule);
  const draft = useDraft(`test-of/${exchange.id}`, { rule: ran.at(-1) ?? "", name: "" });
  const { rule, name } = draft.values;
  const [made, setMade] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const attempt = async (/** @type {() => Promise<void>} */ run) => {
    setProblem(null);
    try {
      await run();
    } catch (error) {
      setProblem(error);
    }
  };
  const make = () =>
    attempt(async () =>
      setMade((await post(`/api/v2/exchanges/${part(exchange.id)}/case`, { rule, name: name.trim() })).body)
    );
  const add = () =>
    attempt(async () => {
      const path = `/api/v2/rules/${part(made.rule_id)}`;
      const { body, etag } = await get(path);
      await patch(path, { cases: [...(body.cases ?? []), made.case] }, { ifMatch: etag });
      draft.drop();
      tell(`The rule ${made.rule} has one test more`);
      setMade(null);
    });
  if (!ran.length) return html`<p class="dim">No rule ran for this token request, so there is nothing to test.</p>`;
  return html`
    <p
      class="dim">A test has the inputs of this request and expects what the rule made of them. Calls are real in a test.</p>
    <div class="save-as-test">
      <label>Rule <select value=${rule} onChange=${(/** @type {any} */ event) => {
        draft.change({ rule: event.currentTarget.value });
        setMade(null);
      }}>${ran.map((/** @type {string} */ each) =>
        html`<option key=${each} value=${each}>${each}</option>`
      )}</select></label>
      <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) =>
        draft.change({ name })} maxlength="200"
        hint="Without one it says who asked and how it ended." />
      <${Action} kind=${made ? undefined : "main"} run=${make}>Make the test<//>
    </div>
    <${DraftNote} edits=${draft} opened=${true} />
    ${problem?.status === 404 ? html`<${NoTape} />` : problem && html`<${Failure} problem=${problem} />`}
    ${made && html`
      <section class="card" aria-label="The test">
        <h2>
          <${Said} text=${made.case.name ?? "The test"} most=${200} />
        </h2>
        <pre tabindex="0" aria-label="The test as JSON"><${Said} text=${JSON.stringify(
          made.case,
          null,
          2,
        )} lines most=${64_000} /></pre>
        <${Unknown} of=${made.could_not_know} />
        <p class="actions">
          <${Action} kind="main" scope="update:rules" run=${add}>Add it to the rule's tests<//>
          <a class="action" href=${at(`/rules/${part(made.rule_id)}`)}>Open the rule</a></p>
      </section>
    `}
  `;
}
