import { html } from "../vendor/third-party.js";

/**
 * @template T
 * @typedef {{ name: string, show: (row: T) => any, align?: "right", narrow?: boolean }} Column
 *   `narrow`: it is left out on a phone
 */

/**
 * A table of some hundred rows at most; for more there is `VirtualList`. A row with a link is opened by a click anywhere
 * in it, and by keys through the link in its first cell.
 * @param {{ label: string, columns: Column<any>[], rows: any[], keyOf: (row: any) => string | number, href?: (row: any) => string, empty?: any }} props
 */
export function Table({ label, columns, rows, keyOf, href, empty }) {
  if (!rows.length && empty) return empty;
  const cell = (
    /** @type {Column<any>} */ { name, show, align, narrow },
    /** @type {any} */ row,
    /** @type {number} */ at,
  ) =>
    html`<td key=${name} class=${`${align ?? ""} ${narrow ? "narrow" : ""}`}>${
      at === 0 && href ? html`<a href=${href(row)}>${show(row)}</a>` : show(row)
    }</td>`;
  return html`
    <div class="table" role="region" aria-label=${label} tabindex="0">
      <table>
        <thead>
          <tr>${columns.map(({ name, align, narrow }) =>
            html`<th key=${name} scope="col" class=${`${align ?? ""} ${narrow ? "narrow" : ""}`}>${name}</th>`
          )}</tr>
        </thead>
        <tbody>
          ${rows.map((row) =>
            html`<tr key=${keyOf(row)} class=${href ? "opens" : ""} onClick=${href && opening(href(row))}>${
              columns.map((column, at) => cell(column, row, at))
            }</tr>`
          )}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {string} href */
function opening(href) {
  return (/** @type {MouseEvent} */ event) => {
    const inside = event.target instanceof Element && event.target.closest("a, button, input, select, label");
    if (!inside && !getSelection()?.toString()) location.hash = href;
  };
}
