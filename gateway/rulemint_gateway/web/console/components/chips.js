import { html, useId, useState } from "../vendor/third-party.js";
import { Said } from "./said.js";

/**
 * Filters as chips, one for each that is set, and a way to add one. Keep them in the address: `refine(changes)` of
 * `state/router.js` takes what `onChange` gives.
 * @param {{ filters: { name: string, says: string, values?: string[] }[], values: Record<string, string>, onChange: (changes: Record<string, string>) => void }} props
 *   `filters`: all that there are, with known values to choose from
 */
export function Chips({ filters, values, onChange }) {
  const [name, setName] = useState(filters[0]?.name ?? "");
  const [typed, setTyped] = useState("");
  const id = useId();
  const chosen = filters.find((each) => each.name === name) ?? filters[0];
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!chosen || !typed.trim()) return;
    onChange({ [chosen.name]: typed.trim() });
    setTyped("");
  };
  const set = filters.filter((each) => values[each.name]);
  return html`
    <div class="chips" role="group" aria-label="Filters">
      ${set.map((each) =>
        html`
          <span key=${each.name} class="chip">${each.says}: <${Said} text=${values[each.name]} most=${80} />
            <button type="button" aria-label=${`Remove the filter ${each.says}`} onClick=${() =>
              onChange({ [each.name]: "" })}>✕</button>
          </span>
        `
      )}
      <form class="chip-form" onSubmit=${add}>
        <select aria-label="Filter by" value=${name} onChange=${(/** @type {any} */ event) =>
          setName(event.currentTarget.value)}>
          ${filters.map((each) => html`<option key=${each.name} value=${each.name}>${each.says}</option>`)}
        </select>
        <input aria-label=${`Value of the filter ${chosen?.says ?? ""}`} list=${id} value=${typed} spellcheck=${false}
          onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} />
        <datalist id=${id}>${(chosen?.values ?? []).map((each) =>
          html`<option key=${each} value=${each} />`
        )}</datalist>
        <button type="submit" class="action" disabled=${!typed.trim()}>Add filter</button>
      </form>
    </div>
  `;
}
