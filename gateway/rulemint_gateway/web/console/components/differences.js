import { html } from "../vendor/third-party.js";
import { inWords } from "../text/values.js";
import { Said } from "./said.js";

/** @typedef {{ what: string, before: unknown, after: unknown }} Change */

/**
 * What is different: before and after, side by side.
 * @param {{ label: string, changes: Change[], before?: string, after?: string }} props
 */
export function Differences({ label, changes, before = "Before", after = "After" }) {
  return html`
    <div class="table" role="region" aria-label=${label} tabindex="0">
      <table class="differences">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">${before}</th>
            <th scope="col">${after}</th>
          </tr>
        </thead>
        <tbody>${changes.map((each) =>
          html`
            <tr key=${each.what}>
              <td><code><${Said} text=${each.what} most=${200} /></code></td>
              <td class="was">
                <${Value} of=${each.before} />
              </td>
              <td class="is">
                <${Value} of=${each.after} />
              </td>
            </tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

/** A claim or an input; nothing is a dash. @param {{ of: unknown }} props */
export function Value({ of }) {
  if (of === null || of === undefined) return html`<span class="dim">–</span>`;
  return html`<code><${Said} text=${inWords(of)} most=${1_000} /></code>`;
}
