import { html, useId, useState } from "../vendor/third-party.js";
import { Said } from "./said.js";

/**
 * @typedef {{ name: string, says: string, values?: string[], closed?: boolean }} Filter
 *   `values`: known ones to choose from; `closed`: there are no others
 */

/**
 * Filters as chips, one for each that is set, and a way to add one. Keep them in the address: `refine(changes)` of
 * `state/router.js` takes what `onChange` gives.
 * @param {{ filters: Filter[], values: Record<string, string>, onChange: (changes: Record<string, string>) => void }} props
 *   `filters`: all that there are
 */
export function Chips({ filters, values, onChange }) {
  const [name, setName] = useState(filters[0]?.name ?? "");
  const [typed, setTyped] = useState("");
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
        <select aria-label="Filter by" value=${name} onChange=${(/** @type {any} */ event) => {
          setName(event.currentTarget.value);
          setTyped("");
        }}>
          ${filters.map((each) => html`<option key=${each.name} value=${each.name}>${each.says}</option>`)}
        </select>
        <${chosen?.closed ? OneOf : Written} filter=${chosen} typed=${typed} setTyped=${setTyped} />
        <button type="submit" class="action" disabled=${!typed.trim()}>Add filter</button>
      </form>
    </div>
    ${unfit(filters, values).map((each) =>
      html`<p key=${each.name} class="wrong" role="alert">Nothing can fit the filter ${each.says}: there is no <${Said}
        text=${values[each.name]} most=${80} />.</p>`
    )}
  `;
}

/**
 * The filters whose value is none that there is: somebody wrote it into the address.
 * @param {Filter[]} filters
 * @param {Record<string, string>} values
 */
export function unfit(filters, values) {
  return filters.filter(({ name, values: known = [], closed }) =>
    closed && values[name] && !known.includes(values[name])
  );
}

/** @typedef {{ filter: Filter | undefined, typed: string, setTyped: (typed: string) => void }} Value */

/** @param {Value} props */
function OneOf({ filter, typed, setTyped }) {
  return html`
    <select aria-label=${labelOf(filter)} value=${typed} onChange=${(/** @type {any} */ event) =>
      setTyped(event.currentTarget.value)}>
      <option value="">choose…</option>
      ${(filter?.values ?? []).map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
    </select>
  `;
}

/** @param {Value} props */
function Written({ filter, typed, setTyped }) {
  const id = useId();
  return html`
    <input aria-label=${labelOf(filter)} list=${id} value=${typed} spellcheck=${false}
      onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} />
    <datalist id=${id}>${(filter?.values ?? []).map((each) => html`<option key=${each} value=${each} />`)}</datalist>
  `;
}

/** @param {Filter | undefined} filter */
function labelOf(filter) {
  return `Value of the filter ${filter?.says ?? ""}`;
}
