import { html, useState } from "../vendor/third-party.js";
import { Said } from "./said.js";

const SAID_MS = 2000;

/**
 * A text to take along, with a button that copies it.
 * @param {{ text: string, what: string, block?: boolean }} props `what`: `the client id`
 */
export function Copied({ text, what, block = false }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  const button = html`
    <button type="button" class="action quiet" aria-label=${`Copy ${what}`} onClick=${copy}>${copied
      ? "Copied"
      : "Copy"}</button>
  `;
  return block
    ? html`
      <div
        class="copied">${button}<pre tabindex="0"><${Said} text=${text} lines=${true} most=${20000} /></pre></div>
    `
    : html`<span class="copied-word"><code><${Said} text=${text} /></code>${button}</span>`;
}
