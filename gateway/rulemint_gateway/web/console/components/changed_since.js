import { html } from "../vendor/third-party.js";
import { Action } from "./action.js";
import { Said } from "./said.js";
import { Table } from "./table.js";

/**
 * What somebody else has saved since, next to what is written here. A person decides.
 * @param {{ edits: import("../state/edits.js").Edits, names: Record<string, string> }} props `names`: of fields, as the form has them
 */
export function ChangedSince({ edits, names }) {
  const { theirs, values, keepMine, takeTheirs } = edits;
  if (theirs === null) return null;
  const rows = Object.keys(names).filter((name) => theirs.values[name] !== values[name]);
  const text = (/** @type {unknown} */ value) => html`<${Said} text=${String(value)} lines=${true} />`;
  const columns = [
    { name: "Field", show: (/** @type {string} */ name) => names[name] },
    { name: "Theirs", show: (/** @type {string} */ name) => text(theirs.values[name]) },
    { name: "Yours", show: (/** @type {string} */ name) => text(values[name]) },
  ];
  return html`
    <div class="failure" role="alert">
      <p>Somebody has changed it since you began. Nothing of theirs is overwritten yet.</p>
      <${Table} label="What differs" rows=${rows} keyOf=${(/** @type {string} */ name) => name} columns=${columns}
        empty=${html`<p>Both are the same.</p>`} />
      <p class="actions">
        <${Action} run=${takeTheirs}>Take theirs<//>
        <${Action} run=${keepMine}>Go on with yours<//>
      </p>
    </div>
  `;
}
