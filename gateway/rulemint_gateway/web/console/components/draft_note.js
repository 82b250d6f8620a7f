import { html } from "../vendor/third-party.js";
import { Action } from "./action.js";

/**
 * Says that what stands in a form is a draft of this browser, and gives it up if a person wants that.
 * @param {{ edits: Pick<import("../state/edits.js").Edits, "changed" | "restored" | "unkept" | "discard">, opened?: boolean }} props
 *   `opened`: say it only of what was written before the form was opened
 */
export function DraftNote({ edits, opened = false }) {
  const { changed, restored, unkept, discard } = edits;
  if (!changed) return null;
  if (unkept) {
    return html`<p class="warn note" role="status">This browser cannot keep a draft, because its storage is full or off. A
      reload loses what you have written.</p>`;
  }
  if (opened && !restored) return null;
  return html`
    <p class="draft-note" role="status">
      <span class="badge warn">draft</span>
      <span>${restored ? "You wrote this before." : "This is not saved yet."} Only this browser keeps it.</span>
      <${Action} run=${discard}>Discard the draft<//>
    </p>
  `;
}
