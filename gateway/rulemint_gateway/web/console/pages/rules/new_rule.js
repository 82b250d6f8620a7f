import { createRule } from "../../api/rules.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { Said } from "../../components/said.js";
import { DraftNote } from "../../components/draft_note.js";
import { useDraft } from "../../state/edits.js";
import { go, part } from "../../state/router.js";
import { tell } from "../../state/toasts.js";
import { html, useEffect, useState } from "../../vendor/third-party.js";

const EMPTY = {
  name: "empty",
  purpose: "a rule that lets every token pass",
  language: "javascript",
  lines: ["export default ({ client, scope, audience, context }) => {", "  return {};", "};", ""],
  cases: [],
  needs: {},
};

/**
 * A new rule from one of the examples. It is off at first, so no token changes until somebody turns it on.
 * @param {{ close: () => void }} props
 */
export function NewRule({ close }) {
  const draft = useDraft("new-rule", { name: "", chosen: "plan javascript" });
  const { name, chosen } = draft.values;
  const [templates, setTemplates] = useState(/** @type {any[]} */ ([EMPTY]));
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    import("../../derived/templates.js").then(({ TEMPLATES }) => setTemplates([...TEMPLATES, EMPTY]));
  }, []);
  const template = templates.find((each) => idOf(each) === chosen) ?? templates[0];
  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { lines, language, cases, needs } = template;
      const script = lines.join("\n");
      const made = await createRule({ name: name.trim(), script, language, cases, enabled: false, ...needs });
      draft.drop();
      tell(made.warning ?? `${made.name} is made, and off: turn it on when it does what you want`);
      go(`/rules/${part(made.id)}`);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title="New rule" close=${close} class="new-rule">
      <form onSubmit=${make}>
        <${DraftNote} edits=${draft} opened=${true} />
        <${Field} label="Name" value=${name} onInput=${(/** @type {string} */ name) =>
          draft.change({ name })} autofocus required
          hint="Letters, digits, blanks, - and _; unique in the tenant" problem=${problem?.field === "name" &&
            problem.message} />
        <fieldset>
          <legend>Begin with</legend>
          <div class="templates">
            ${templates.map((each) =>
              html`
                <label key=${idOf(each)} class=${idOf(each) === chosen ? "chosen" : ""}>
                  <input type="radio" name="template" value=${idOf(each)} checked=${idOf(each) === chosen}
                    onChange=${() => draft.change({ chosen: idOf(each) })} />
                  <span><b>${each.name}</b> <span class="dim">${each.language}</span>
                    <span class="about">${each.purpose}</span></span>
                </label>
              `
            )}
          </div>
        </fieldset>
        ${problem && problem.field !== "name" && html`
          <p class="wrong" role="alert">
            <${Said} text=${problem.message} />
          </p>
        `}
        <p class="actions">
          <button type="button" class="action" onClick=${close}>Cancel</button>
          <button type="submit" class="action main" disabled=${busy || !name.trim()} aria-busy=${busy}>Make it</button>
        </p>
      </form>
      <//>
  `;
}

/** @param {{ name: string, language: string }} template */
const idOf = ({ name, language }) => `${name} ${language}`;
