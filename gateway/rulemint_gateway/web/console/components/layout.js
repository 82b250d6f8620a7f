import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/third-party.js";
import { findRecords } from "../state/records.js";
import { SignInForm } from "../pages/sign_in/sign_in.js";
import { pageAt, PAGES } from "../pages/list.js";
import { go, place } from "../state/router.js";
import { ended, signOut } from "../state/session.js";
import { shortcuts, useShortcuts } from "../state/shortcuts.js";
import { Dialog, OpenQuestion } from "./dialog.js";
import { ShortcutsHelp } from "./keys.js";
import { Navigation } from "./navigation.js";
import { Palette } from "./palette.js";
import { Allowed, Empty, Failure, Loading } from "./states.js";
import { Toasts } from "./toasts.js";

/** The frame around each page: navigation, what floats over it, and the keys that hold everywhere. */
export function Layout() {
  const [over, setOver] = useState(/** @type {"palette" | "help" | null} */ (null));
  const close = () => setOver(null);
  useShortcuts([
    { keys: "Mod-k", says: "Find a page or a command", run: () => setOver("palette") },
    { keys: "?", says: "Show the shortcuts", run: () => setOver("help") },
    ...PAGES.filter((page) => page.keys).map((page) => ({
      keys: page.keys ?? "",
      says: `Go to ${page.title}`,
      run: () => go(page.path),
    })),
    { keys: "", says: "Sign out", run: signOut },
  ]);
  const entries = useMemo(
    () =>
      shortcuts.value.filter((each) => each.keys !== "Mod-k").map(({ keys, says, run }) => ({
        kind: "command",
        says,
        keys,
        run,
      })),
    [shortcuts.value, over],
  );
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <${Navigation} openPalette=${() => setOver("palette")} openHelp=${() => setOver("help")} />
    <main id="content" tabindex="-1">
      <${CurrentPage} />
    </main>
    ${over === "palette" && html`<${Palette} entries=${entries} find=${findRecords} close=${close} />`}
    ${over === "help" && html`<${ShortcutsHelp} close=${close} />`}
    <${OpenQuestion} />
    ${ended.value && html`<${EndedSession} />`}
    <${Toasts} />
  `;
}

/** The page that the address names. */
function CurrentPage() {
  const { path, query } = place.value;
  const page = pageAt(path);
  const [loaded, setLoaded] = useState(/** @type {{ page: any, module: any, problem?: Error } | null} */ (null));
  const wanted = page?.page;
  const before = useRef(path);
  useLayoutEffect(() => {
    // Keys go on at the new page, and not where the old one was left.
    if (before.current !== path) document.getElementById("content")?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  useEffect(() => {
    document.title = `${wanted?.title ?? "Not found"} · Rulemint`;
    if (!wanted) return;
    let current = true;
    wanted.load().then(
      (module) => current && setLoaded({ page: wanted, module }),
      (problem) => current && setLoaded({ page: wanted, module: null, problem }),
    );
    return () => {
      current = false;
    };
  }, [wanted]);
  if (!page) {
    return html`
      <${Empty} title="There is no such page">
        <p><a href="#/">Go to the overview</a></p>
        <//>
    `;
  }
  if (loaded?.page !== wanted) return html`<${Loading} />`;
  if (!loaded?.module) {
    const problem = new Error(
      "The page could not be loaded: the gateway is away, or is a newer one. Load the console anew",
    );
    return html`<${Failure} problem=${problem} again=${() => location.reload()} />`;
  }
  const { default: Page } = loaded.module;
  return html`
    <${Allowed} scope=${wanted?.scope} what="this page">
      <${Page} key=${path} params=${page.params} query=${query} />
      <//>
  `;
}

/** The page behind it stays as it is, so that nothing in it is lost. */
function EndedSession() {
  return html`
    <${Dialog} title="The session has ended" close=${() => {}} fixed>
      <p>Sign in again to go on. What you have not saved is still here.</p>
      <${SignInForm} />
      <//>
  `;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
