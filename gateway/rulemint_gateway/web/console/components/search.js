import { html, useId } from "../vendor/third-party.js";
import { refine } from "../state/router.js";

/**
 * A box that narrows a list; its text stands in the address as `q`.
 * @param {{ label: string, value: string }} props
 */
export function Search({ label, value }) {
  const id = useId();
  return html`
    <div class="search">
      <label for=${id}>${label}</label>
      <input id=${id} type="search" value=${value} autocomplete="off" spellcheck=${false}
        onInput=${(/** @type {any} */ event) => refine({ q: event.currentTarget.value })} />
    </div>
  `;
}

/**
 * The rows of which one of the texts has all words of *query* in it.
 * @template T
 * @param {T[]} rows
 * @param {string} query
 * @param {(row: T) => unknown[]} textsOf
 * @returns {T[]}
 */
export function narrowed(rows, query, textsOf) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const text = textsOf(row).join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
