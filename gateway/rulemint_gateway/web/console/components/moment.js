import { html } from "../vendor/third-party.js";
import { away, dateOf, local, utc } from "../text/moments.js";

/**
 * A time in the reader's zone, with UTC on hover.
 * @param {{ at: string | number | null | undefined, milliseconds?: boolean, distance?: boolean }} props
 *   `distance`: as `3 min ago`
 */
export function Moment({ at, milliseconds = false, distance = false }) {
  const date = at === null || at === undefined ? null : dateOf(at);
  if (!date || at === null || at === undefined) return html`<span class="dim">never</span>`;
  const shown = distance ? away(at) : local(at, { milliseconds });
  return html`<time datetime=${date.toISOString()} title=${`${utc(at)}, here ${
    local(at, { now: 0 })
  }`}>${shown}</time>`;
}
