import { html, useEffect, useMemo, useRef, useState } from "../../vendor/third-party.js";
import { Action } from "../../components/action.js";
import { Chips, unfit } from "../../components/chips.js";
import { Empty, Loading } from "../../components/states.js";
import { VirtualList } from "../../components/virtual_list.js";
import { FILTER_VALUES } from "../../derived/filters.js";
import { useKnown } from "../../state/known.js";
import { go, part, refine } from "../../state/router.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { complain } from "../../state/toasts.js";
import { counted, several } from "../../text/numbers.js";
import { behind } from "./book.js";
import { Chosen, HEAD, Row } from "./row.js";
import { useBook } from "./use_book.js";

/** @typedef {import("./record.js").LogRecord} LogRecord */

/** @type {import("../../components/chips.js").Filter[]} */
const FILTERS = [
  { name: "level", says: "level at least", values: FILTER_VALUES.level, closed: true },
  { name: "rule", says: "rule" },
  { name: "client_id", says: "client" },
  { name: "contains", says: "contains" },
  { name: "type", says: "type", values: FILTER_VALUES.type, closed: true },
  { name: "outcome", says: "outcome", values: FILTER_VALUES.outcome_of_endings, closed: true },
  { name: "audience", says: "API" },
  { name: "invocation", says: "token request" },
];

/** Where the list stood when the page was left. */
let scrolled = 0;

/** @param {{ query: Record<string, string> }} props */
export default function Logs({ query }) {
  const filter = Object.fromEntries(
    FILTERS.filter(({ name }) => query[name]).map(({ name }) => [name, query[name]]),
  );
  const cleared = query.cleared ?? "";
  if (!unfit(FILTERS, filter).length) return html`<${Log} filter=${filter} cleared=${cleared} />`;
  return html`
    <h1>Logs</h1>
    <${Filters} rules=${[]} clients=${[]} filter=${filter} cleared=${cleared} />
  `;
}

/** The log, live and past in one list. @param {{ filter: Record<string, string>, cleared: string }} props */
function Log({ filter, cleared }) {
  const { book, link, reading, older } = useBook(filter, cleared);
  const { rules, clients } = useKnown();
  const names = useMemo(() => new Map(clients.map(({ id, name }) => [id, name])), [clients]);
  const [away, setAway] = useState(false);
  const [held, setHeld] = useState(false);
  const [chosen, setChosen] = useState(/** @type {LogRecord | null} */ (null));
  const stopped = useRef(/** @type {number | null} */ (null));
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));

  if (!away && !held) stopped.current = null;
  else stopped.current = Math.min(stopped.current ?? book.came, book.came);
  const fresh = stopped.current === null ? 0 : book.came - stopped.current;
  const rows = behind(fresh ? book.rows.slice(fresh) : book.rows, cleared);

  const box = () => list.current?.querySelector(".virtual");
  const follow = () => {
    setHeld(false);
    setChosen(null);
    box()?.scrollTo({ top: 0 }); // and the list says that it follows, once it has scrolled
  };
  const clear = (/** @type {LogRecord | undefined} */ record = undefined) => {
    const place = record?.id || rows.find((row) => row.id)?.id;
    if (place) refine({ cleared: place });
    follow();
  };
  const name = JSON.stringify(filter);
  useEffect(() => {
    stopped.current = null; // another filter has another book
    setHeld(false);
    setAway(false);
    setChosen(null);
  }, [name]);
  const seen = rows.length > 0;
  useEffect(() => {
    const element = box();
    if (!element) return;
    element.scrollTop = scrolled;
    return () => {
      scrolled = element.scrollTop;
    };
  }, [seen]);
  useShortcuts([
    { keys: "p", says: "Pause the log, or follow it again", run: () => (away || held ? follow() : setHeld(true)) },
    { keys: "c", says: "Clear the log from the chosen record on", run: () => clear(chosen ?? undefined) },
  ]);
  return html`
    <div class="logs">
      <div class="head">
        <h1>Logs</h1>
        <div class="actions">
          <${State} link=${link} paused=${away || held} fresh=${fresh} follow=${follow} />
          ${!(away || held) && html`<${Action} run=${() => setHeld(true)} keys="p">Pause<//>`}
          <${Action} run=${() => clear()} disabled=${!rows.length}>Clear all<//>
        </div>
      </div>
      <${Filters} rules=${rules} clients=${clients} filter=${filter} cleared=${cleared} />
      ${rows.length
        ? html`
          <div class="logs-list" ref=${list}>
            <${VirtualList} label="Log records" rows=${rows} columns=${HEAD} rowHeight=${26}
              keyOf=${(/** @type {LogRecord} */ row) => row.key}
              classOf=${(/** @type {LogRecord} */ row) => row.lost ? "log-lost" : `log-${row.level}`}
              show=${(/** @type {LogRecord} */ row) =>
                html`<${Row} record=${row} nameOfClient=${names.get(row.client)} />`}
              onChosen=${(/** @type {LogRecord} */ row) => {
                setChosen(row);
                setHeld(true);
              }}
              onOpen=${(/** @type {LogRecord} */ row) => row.invocation && go(`/exchanges/${part(row.invocation)}`)}
              onFollowing=${(/** @type {boolean} */ follows) => setAway(!follows)}
              onEnd=${() => older().catch(complain)} />
          </div>
        `
        : html`<${Nothing} link=${link} filtered=${Object.keys(filter).length > 0} cleared=${cleared} />`}
      <p class="dim logs-foot">${several(rows.length, "record")}${foot(book, cleared)}${!book.whole && !book.cut &&
        html`<${Action} kind="quiet" run=${older} disabled=${reading}>${
          reading ? "Reading older ones…" : "Read older ones"
        }<//>`}</p>
      ${chosen &&
        html`<${Chosen} record=${chosen} nameOfClient=${names.get(chosen.client)} clear=${() =>
          clear(chosen)} close=${() => setChosen(null)} />`}
    </div>
  `;
}

/** @param {{ link: string, paused: boolean, fresh: number, follow: () => void }} props */
function State({ link, paused, fresh, follow }) {
  const words = /** @type {Record<string, string>} */ ({
    opening: "Opening the log…",
    away: "The log broke off. Trying again…",
    ended: "The session has ended",
  })[link];
  return html`
    <span class=${`log-state ${words ? "off" : paused ? "paused" : "live"}`} role="status">${words ??
      (paused ? `Paused: ${counted(fresh)} new` : "Live")}</span>
    ${paused && html`<${Action} kind="main" run=${follow} keys="p">Follow<//>`}
  `;
}

/** @param {Pick<ReturnType<typeof useKnown>, "rules" | "clients"> & { filter: Record<string, string>, cleared: string }} props */
function Filters({ rules, clients, filter, cleared }) {
  const known = /** @type {Record<string, string[]>} */ ({
    rule: rules.map(({ name }) => name),
    client_id: clients.map(({ id }) => id),
  });
  const filters = FILTERS.map((each) => ({ ...each, values: known[each.name] ?? each.values }));
  return html`
    <div class="logs-filters">
      <${Chips} filters=${filters} values=${filter} onChange=${refine} />
      ${cleared && html`<${Action} kind="quiet" run=${() => refine({ cleared: "" })}>Show what was cleared<//>`}
    </div>
  `;
}

/** @param {{ link: string, filtered: boolean, cleared: string }} props */
function Nothing({ link, filtered, cleared }) {
  if (link === "opening") return html`<${Loading} what="Reading the log" />`;
  if (filtered || cleared) {
    return html`
      <${Empty} title=${filtered ? "No record fits these filters" : "Nothing since it was cleared"}>
        <p>New records show here as they are written.${filtered && " Remove a filter to see more."}</p>
        <//>
    `;
  }
  return html`
    <${Empty} title="The log is empty">
      <p>Ask for a token: what its rules write shows here as they run.</p>
      <//>
  `;
}

/**
 * @param {import("./book.js").Book} book
 * @param {string} cleared
 */
function foot({ whole, cut }, cleared) {
  if (cut) return ", the newest of more: set a filter to see older ones";
  if (cleared) return ", behind the place where it was cleared";
  return whole ? ", all that is kept" : "";
}
