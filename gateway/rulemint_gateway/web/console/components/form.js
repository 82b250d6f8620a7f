import { html, useState } from "../vendor/third-party.js";
import { Dialog } from "./dialog.js";
import { DraftNote } from "./draft_note.js";
import { Said } from "./said.js";

/**
 * A form in a window. A problem of one of its *fields* goes to that field, any other stands above the buttons.
 * @param {{ title: string, yes: string, fields: string[], save: () => Promise<unknown>, close: () => void, draft: import("../state/edits.js").Edits, ready?: boolean, children: (problems: Record<string, string>) => any }} props
 *   `save`: false, if nothing is saved and the form itself says why; `fields`: names of the body's fields that have an input; `draft`: what is written, which outlives the window until
 *   it is saved; `ready`: what must be there is there
 */
export function FormDialog({ title, yes, fields, save, close, draft, ready = true, children }) {
  const [problem, setProblem] = useState({ field: "", text: "" });
  const [running, setRunning] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!ready || running) return;
    setRunning(true);
    try {
      if (await save() === false) {
        setProblem({ field: "", text: "" });
        setRunning(false);
        return;
      }
      draft.drop();
      close();
    } catch (error) {
      setProblem(placed(error, fields));
      setRunning(false);
    }
  };
  return html`
    <${Dialog} title=${title} close=${close}>
      <form onSubmit=${submit}>
        <${DraftNote} edits=${draft} opened=${true} />
        ${children(problem.field ? { [problem.field]: problem.text } : {})}
        ${problem.text && !problem.field && html`
          <p class="wrong" role="alert">
            <${Said} text=${problem.text} />
          </p>
        `}
        <p class="actions">
          <button type="button" class="action" onClick=${close}>Cancel</button>
          <button type="submit" class="action main" disabled=${!ready || running}>${yes}</button>
        </p>
      </form>
      <//>
  `;
}

/**
 * A problem, and the field that it is about if that is one of *fields*; the server names parts of one by dots.
 * @param {unknown} error
 * @param {string[]} fields
 */
export function placed(error, fields) {
  const { message, field } = /** @type {any} */ (error);
  const [first] = String(field ?? "").split(/[.[]/);
  return { field: fields.includes(first) ? first : "", text: String(message ?? error) };
}
