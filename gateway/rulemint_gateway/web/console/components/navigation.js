import { html, useEffect, useId, useRef, useState } from "../vendor/third-party.js";
import { pageAt, PAGES } from "../pages/list.js";
import { at, place } from "../state/router.js";
import { may, session, signOut } from "../state/session.js";
import { Action, needs } from "./action.js";
import { Said } from "./said.js";

/**
 * The pages, and what the frame can do. On a narrow screen they are a menu, so that a page has its place.
 * @param {{ openPalette: () => void, openHelp: () => void }} props
 */
export function Navigation({ openPalette, openHelp }) {
  const { path } = place.value;
  const current = pageAt(path)?.page;
  const { tenant, subject } = session.value ?? { tenant: "", subject: "" };
  const [open, setOpen] = useState(false);
  const menu = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const id = useId();
  useEffect(() => setOpen(false), [path]);
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (!open || event.key !== "Escape") return;
    setOpen(false);
    menu.current?.focus();
  };
  return html`
    <header class=${open ? "side open" : "side"} onKeyDown=${leave}>
      <p
        class="brand">Rulemint <span class="tenant" title="The tenant"><${Said} text=${tenant} most=${40} /></span></p>
      <button type="button" class="action menu" ref=${menu} aria-expanded=${open} aria-controls=${`${id}-pages ${id}-more`}
        onClick=${() => setOpen(!open)}>Menu</button>
      <nav aria-label="Pages" id=${`${id}-pages`}>
        ${PAGES.filter((page) => page.keys).map((page) =>
          html`
            <a key=${page.path} href=${at(page.path)} class=${may(page.scope) ? "" : "closed"}
              title=${may(page.scope) ? undefined : needs(page.scope)}
              aria-current=${page.path === (current?.under ?? current?.path) ? "page" : undefined}>${page.title}</a>
          `
        )}
      </nav>
      <div class="side-foot" id=${`${id}-more`}>
        <button type="button" class="action quiet" onClick=${openPalette}>Find…</button>
        <button type="button" class="action quiet" onClick=${openHelp}>Shortcuts</button>
        <p class="dim" title="Signed in as">
          <${Said} text=${subject} most=${40} />
        </p>
        <${Action} kind="quiet" run=${signOut}>Sign out<//>
      </div>
    </header>
  `;
}
