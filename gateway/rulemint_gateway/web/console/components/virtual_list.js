import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../vendor/third-party.js";
import { moved, scrolledTo, windowOf } from "./virtual_window.js";

/** So many screens before its end the list asks for more, so that a reader who scrolls does not wait at it. */
const PAGES_AHEAD = 4;

/**
 * A list of any length, of which only the rows in sight are in the document. Arrows, Page, Home and End move; Enter opens.
 *
 * New rows come first (`newest: "top"`) or last (`"bottom"`). While the reader is at that end the list follows; once
 * scrolled away it stays where it is, and `onFollowing(false)` lets the page say `paused: 214 new`.
 *
 * @param {{ label: string, rows: any[], rowHeight?: number, show: (row: any, index: number) => any, keyOf: (row: any) => string | number, onOpen?: (row: any) => void, onChosen?: (row: any) => void, classOf?: (row: any) => string, newest?: "top" | "bottom", onFollowing?: (follows: boolean) => void, onEnd?: () => void, columns?: any }} props
 *   `onChosen`: a row was clicked or moved to; then only a double click or Enter opens; `onEnd`: the reader comes near the end, so ask for more; `columns`: a head over the rows
 */
export function VirtualList(
  { label, rows, rowHeight = 28, show, keyOf, onOpen, onChosen, classOf, newest = "top", onFollowing, onEnd, columns },
) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ scrolled: 0, height: 400 });
  const [chosen, setChosen] = useState(/** @type {string | number | null} */ (null));
  const follows = useRef(true);
  const before = useRef({ first: /** @type {string | number | undefined} */ (undefined), count: 0 });
  const id = useId();

  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const watch = new ResizeObserver(() => setView({ scrolled: element.scrollTop, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    if (newest === "bottom") {
      if (follows.current) element.scrollTop = element.scrollHeight;
    } else if (!follows.current) {
      const shifted = before.current.first === undefined
        ? 0
        : rows.findIndex((row) => keyOf(row) === before.current.first);
      if (shifted > 0) element.scrollTop += shifted * rowHeight;
    }
    before.current = { first: rows.length ? keyOf(rows[0]) : undefined, count: rows.length };
  }, [rows]);

  const scroll = () => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const { scrollTop, clientHeight, scrollHeight } = element;
    setView({ scrolled: scrollTop, height: clientHeight });
    const atEnd = scrollTop + clientHeight >= scrollHeight - rowHeight;
    const now = newest === "top" ? scrollTop < rowHeight : atEnd;
    if (now !== follows.current) {
      follows.current = now;
      onFollowing?.(now);
    }
    if (rows.length && scrollTop + (1 + PAGES_AHEAD) * clientHeight >= scrollHeight) onEnd?.();
  };
  const at = chosen === null ? -1 : rows.findIndex((row) => keyOf(row) === chosen);
  const press = (/** @type {KeyboardEvent} */ event) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const to = event.ctrlKey || event.metaKey || event.altKey
      ? undefined
      : moved(event.key, { at, count: rows.length, page });
    if (to !== undefined) {
      event.preventDefault();
      setChosen(keyOf(rows[to]));
      onChosen?.(rows[to]);
      const element = /** @type {HTMLDivElement} */ (box.current);
      element.scrollTop = scrolledTo(to, { rowHeight, scrolled: element.scrollTop, height: element.clientHeight });
    } else if (event.key === "Enter" && at >= 0 && onOpen) {
      event.preventDefault();
      onOpen(rows[at]);
    }
  };
  const { first, last } = windowOf({ count: rows.length, rowHeight, ...view });
  const row = (/** @type {any} */ each, /** @type {number} */ index) => {
    const key = keyOf(each);
    return html`
      <div
        key=${key}
        id=${`${id}-${key}`}
        role="option"
        class=${`virtual-row ${classOf?.(each) ?? ""} ${key === chosen ? "chosen" : ""}`}
        style=${{ top: `${(first + index) * rowHeight}px`, height: `${rowHeight}px` }}
        aria-selected=${key === chosen}
        aria-posinset=${first + index + 1}
        aria-setsize=${rows.length}
        onClick=${() => {
          setChosen(key);
          onChosen?.(each);
          if (!onChosen && !getSelection()?.toString()) onOpen?.(each);
        }}
        onDblClick=${() => onChosen && onOpen?.(each)}
      >${show(each, first + index)}</div>
    `;
  };
  return html`
    ${columns && html`<div class="virtual-head" aria-hidden="true">${columns}</div>`}
    <div
      ref=${box}
      class="virtual"
      role="listbox"
      tabindex="0"
      aria-label=${label}
      aria-activedescendant=${at >= first && at < last ? `${id}-${chosen}` : undefined}
      onScroll=${scroll}
      onKeyDown=${press}
    >
      <div class="virtual-space" role="presentation" style=${{ height: `${rows.length * rowHeight}px` }}>
        ${rows.slice(first, last).map(row)}
      </div>
    </div>
  `;
}
