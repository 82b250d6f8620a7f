import { html, useEffect, useId, useMemo, useRef, useState } from "../vendor/third-party.js";
import { Dialog } from "./dialog.js";
import { Keys } from "./keys.js";
import { Said } from "./said.js";
import { ranked } from "./palette_ranking.js";

/** @typedef {import("./palette_ranking.js").Entry} Entry */

const MOST = 50;

/**
 * The command palette: type a part of a name, then Enter.
 * @param {{ entries: Entry[], find: (signal: AbortSignal) => Promise<Entry[]>, close: () => void }} props
 *   `find`: records of the tenant that have a page of their own
 */
export function Palette({ entries, find, close }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [records, setRecords] = useState(/** @type {Entry[]} */ ([]));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const ending = new AbortController();
    find(ending.signal).then((found) => ending.signal.aborted || setRecords(found), () => {}); // without them it still works
    return () => ending.abort();
  }, []);
  const shown = useMemo(() => ranked(typed, [...entries, ...records]).slice(0, MOST), [typed, entries, records]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [
    at,
    shown,
  ]);
  const run = (/** @type {Entry | undefined} */ entry) => {
    if (!entry) return;
    close();
    entry.run();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((before) => Math.min(Math.max(0, before + step), Math.max(0, shown.length - 1)));
    else if (event.key === "Enter") run(shown[at]);
    else return;
    event.preventDefault();
  };
  return html`
    <${Dialog} title="Commands" close=${close} class="palette">
      <input
        autofocus
        role="combobox"
        aria-label="Find a page, a command, a rule or a client"
        aria-expanded="true"
        aria-controls=${id}
        aria-activedescendant=${shown.length ? `${id}-${at}` : undefined}
        placeholder="Find a page, a command, a rule or a client"
        spellcheck=${false}
        autocomplete="off"
        value=${typed}
        onKeyDown=${press}
        onInput=${(/** @type {any} */ event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
      />
      <ul ref=${list} id=${id} role="listbox" aria-label="Found">
        ${shown.map((entry, index) =>
          html`
            <li key=${index} id=${`${id}-${index}`} role="option" aria-selected=${index === at} onClick=${() =>
              run(entry)}>
              <span class="dim">${entry.kind}</span> <${Said} text=${entry.says} most=${100} />
              ${entry.keys && html`<${Keys} keys=${entry.keys} />`}
            </li>
          `
        )}
      </ul>
      ${!shown.length && html`<p class="dim" role="status">Nothing has “${typed}” in its name</p>`}
    <//>
  `;
}
