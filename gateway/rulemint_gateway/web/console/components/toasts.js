import { html } from "../vendor/third-party.js";
import { close, toasts } from "../state/toasts.js";
import { Said } from "./said.js";

/** The remarks of `state/toasts.js`, which a screen reader says as they come. */
export function Toasts() {
  return html`
    <div class="toasts" role="log" aria-label="Remarks" aria-live="polite">
      ${toasts.value.map((each) =>
        html`
          <div key=${each.id} class=${`toast ${each.kind}`}>
            <span><${Said} text=${each.text} most=${600} />${" "}${each.about &&
              html`<code class="dim"><${Said} text=${each.about} /></code>`}</span>
            <button type="button" class="action quiet" aria-label="Close this remark" onClick=${() =>
              close(each.id)}>✕</button>
          </div>
        `
      )}
    </div>
  `;
}
