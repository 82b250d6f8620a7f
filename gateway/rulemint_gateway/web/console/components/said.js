import { html } from "../vendor/third-party.js";
import { piecesOf, shortened } from "../text/hostile.js";

/**
 * A text that a rule, a client or a log wrote. What hides in it is shown, and it cannot turn the text around it.
 * Use it for everything that is not the console's own words.
 * @param {{ text: unknown, most?: number, lines?: boolean, class?: string }} props
 *   `most`: characters that are shown; `lines`: line breaks stay
 */
export function Said({ text, most = 2000, lines = false, class: more = "" }) {
  const whole = typeof text === "string" ? text : text === null || text === undefined ? "" : JSON.stringify(text);
  const pieces = piecesOf(shortened(whole, most), { lines });
  return html`<bdi class=${`said ${lines ? "lines" : ""} ${more}`}>${
    pieces.map((piece) =>
      "text" in piece ? piece.text : html`<span class="mark" title=${piece.name}>${piece.mark}</span>`
    )
  }</bdi>`;
}
