/** The console begins here: who is signed in, then the page that the address names. */

import { html, render } from "./vendor/third-party.js";
import { Layout } from "./components/layout.js";
import { SignIn } from "./pages/sign_in/sign_in.js";
import { linkIn } from "./pages/sign_in/link.js";
import { forgetOldDrafts } from "./state/drafts.js";
import { hearKeys } from "./state/shortcuts.js";
import { followAddress } from "./state/router.js";
import { resume, session, signIn } from "./state/session.js";
import { complain } from "./state/toasts.js";
import { Loading } from "./components/states.js";
import { Toasts } from "./components/toasts.js";

function Console() {
  if (session.value === undefined) return html`<${Loading} what="Opening the console" />`;
  return session.value ? html`<${Layout} />` : html`
    <${SignIn} />
    <${Toasts} />
  `;
}

/** A link that `rulemint console` opens holds a proof in its fragment, which no server and no history keeps. */
async function begin() {
  const link = linkIn(location.hash);
  if (link) history.replaceState(null, "", `${location.pathname}#/`);
  forgetOld();
  followAddress();
  hearKeys();
  const into = /** @type {Element} */ (document.getElementById("console"));
  render(html`<${Console} />`, into);
  try {
    await (link ? signIn({ link }) : resume());
  } catch (error) {
    session.value = null;
    complain(link ? new Error("This link was used already, or is too old: sign in, or open a new one") : error);
  }
}

function forgetOld() {
  try {
    forgetOldDrafts(localStorage, Date.now());
  } catch {
    // no storage: there are no drafts
  }
}

begin();
