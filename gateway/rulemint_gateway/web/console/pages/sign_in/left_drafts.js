import { html, useState } from "../../vendor/third-party.js";
import { Action } from "../../components/action.js";
import { Said } from "../../components/said.js";
import { draftsOf } from "../../state/drafts.js";
import { left } from "../../state/session.js";
import { several } from "../../text/numbers.js";

/** Says to those who have signed out which drafts stay in this browser, and discards them if they want that. */
export function LeftDrafts() {
  const [count, setCount] = useState(() => names().length);
  const [discarded, setDiscarded] = useState(false);
  const discard = () => {
    for (const name of names()) localStorage.removeItem(name);
    setCount(0);
    setDiscarded(true);
  };
  if (discarded) return html`<p role="status">The drafts are discarded.</p>`;
  if (!count) return null;
  return html`
    <section class="left-drafts" aria-label="Drafts">
      <p
        role="status">You are signed out. ${several(count, "draft")} of the tenant <${Said} text=${left
          .value} /> ${count === 1 ? "stays" : "stay"} in this browser, where others who use it can read ${count === 1
          ? "it"
          : "them"}.</p>
      <${Action} run=${discard}>${count === 1 ? "Discard it" : "Discard them"}<//>
    </section>
  `;
}

/** @returns {string[]} */
function names() {
  try {
    return left.value ? draftsOf(localStorage, left.value) : [];
  } catch {
    return []; // no storage: there are no drafts
  }
}
