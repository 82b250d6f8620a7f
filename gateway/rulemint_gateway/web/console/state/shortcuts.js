/**
 * Keys. A page names its shortcuts by `useShortcuts`; the help (?) and the palette (Ctrl-K) list all that hold now.
 *
 *     useShortcuts([{ keys: "Mod-s", says: "Save the draft", run: save }]);
 *
 * `Mod` is Control, and Command on a Mac. Two keys in a row are written `g r`. A shortcut without `Mod` or `Alt` does
 * not hold while somebody writes.
 */

import { signal, useLayoutEffect, useRef } from "../vendor/third-party.js";
import { may } from "./session.js";
import { complain } from "./toasts.js";

/**
 * `keys`: "" for a command that only the palette has; `scope`: without it the session is told what it needs
 * @typedef {{ keys: string, says: string, run: () => unknown, hidden?: boolean, scope?: string }} Shortcut
 */

const PAUSE_MS = 1200;

/** Those that hold now; a later one wins over an earlier one with the same keys. */
export const shortcuts = signal(/** @type {Shortcut[]} */ ([]));

let begun = "";
let begunAt = 0;

/**
 * Let shortcuts hold as long as the component is there.
 * @param {Shortcut[]} own
 */
export function useShortcuts(own) {
  const newest = useRef(own);
  newest.current = own;
  const names = own.map(({ keys, says }) => `${keys}\n${says}`).join("\n");
  useLayoutEffect(() => {
    /** @type {Shortcut[]} */
    const held = own.map((each, index) => ({ ...each, run: () => runIfAllowed(newest.current[index]) }));
    shortcuts.value = [...shortcuts.peek(), ...held];
    return () => {
      shortcuts.value = shortcuts.peek().filter((each) => !held.includes(each));
    };
  }, [names]);
}

/** @param {Shortcut} shortcut */
async function runIfAllowed({ scope, says, run }) {
  try {
    if (!may(scope)) throw new Error(`This session may not do that (${says}): it needs ${scope}`);
    await run();
  } catch (error) {
    complain(error);
  }
}

/** Hear keys from now on. */
export function hearKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const pressed = pressedKeys(event, isMac());
    if (!pressed) return;
    const run = found(pressed, event.timeStamp, { writing: isWriting(event.target), modal: !!openDialog() });
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/**
 * The keys of an event as a shortcut names them; "" for a modifier alone.
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 * @param {boolean} mac
 */
export function pressedKeys(event, mac) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (["Control", "Meta", "Alt", "Shift", "AltGraph", "Dead"].includes(key)) return "";
  const single = key.length === 1;
  return [
    (mac ? metaKey : ctrlKey) && "Mod",
    mac && ctrlKey && "Ctrl",
    altKey && "Alt",
    shiftKey && (!single || /[a-z]/i.test(key) && (ctrlKey || metaKey)) && "Shift", // "?" says its Shift itself
    single ? key.toLowerCase() : key,
  ].filter(Boolean).join("-");
}

/**
 * @param {string} pressed
 * @param {number} now
 * @param {{ writing: boolean, modal: boolean }} where
 */
function found(pressed, now, { writing, modal }) {
  const strong = /^(Mod|Alt|Ctrl)-/.test(pressed);
  if (writing && !strong) return null;
  const row = begun && now - begunAt < PAUSE_MS ? `${begun} ${pressed}` : pressed;
  begun = "";
  const held = shortcuts.peek();
  const fits = held.findLast((each) => each.keys === row) ?? held.findLast((each) => each.keys === pressed);
  if (fits) return modal && !strong ? null : fits.run;
  if (held.some((each) => each.keys.startsWith(`${pressed} `))) {
    begun = pressed;
    begunAt = now;
  }
  return null;
}

export const isMac = () => /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * Keys as a person reads them: `Ctrl K`, `g then r`.
 * @param {string} keys
 * @param {boolean} [mac]
 * @returns {string[][]} each press with its keys
 */
export function spelled(keys, mac = isMac()) {
  const names = /** @type {Record<string, string>} */ (mac ? { Mod: "⌘", Alt: "⌥", Shift: "⇧" } : { Mod: "Ctrl" });
  return keys.split(" ").map((press) =>
    press.split("-").map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key))
  );
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

const openDialog = () => document.querySelector("dialog[open]");
