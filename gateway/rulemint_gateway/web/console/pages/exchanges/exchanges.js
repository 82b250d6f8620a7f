import { html, useId, useState } from "../../vendor/third-party.js";
import { get } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Chips } from "../../components/chips.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { FILTER_VALUES } from "../../derived/filters.js";
import { useAnswer } from "../../state/answers.js";
import { useKnown } from "../../state/known.js";
import { at, go, part, refine } from "../../state/router.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { duration } from "../../text/numbers.js";
import { Outcome } from "./outcome.js";
import { foundIn } from "./token.js";

const FILTERS = ["outcome", "client_id", "rule", "since", "until", "id", "jti"];
const PAGE = 50;
/** Calls that may find nothing, of 1,000 records each, before a person is asked to go on. */
const MOST_CALLS = 8;

/** The table of token requests. @param {{ query: Record<string, string> }} props */
export default function Exchanges({ query }) {
  const { rules, clients } = useKnown();
  const filter = Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
  const page = useAnswer((signal) => pageOf({ ...filter, from: query.from }, signal), [
    JSON.stringify(filter),
    query.from,
  ]);
  useShortcuts([{ keys: "r", says: "Read the token requests again", run: page.again }]);
  const filters = [
    { name: "outcome", says: "outcome", values: FILTER_VALUES.outcome_of_requests, closed: true },
    { name: "client_id", says: "client", values: clients.map(({ id }) => id) },
    { name: "rule", says: "rule", values: rules.map(({ name }) => name) },
    { name: "since", says: "since", values: [daysAgo(0), daysAgo(1), daysAgo(7)] },
    { name: "until", says: "until" },
    { name: "id", says: "id or its end" },
    { name: "jti", says: "jti" },
  ];
  return html`
    <div class="head">
      <h1>Token requests</h1>
      <div class="actions">
        <${Action} run=${page.again} keys="r">Refresh<//></div></div>
    <${Finder} />
    <${Chips} filters=${filters} values=${filter}
      onChange=${(/** @type {Record<string, string>} */ changes) => refine({ ...changes, from: "" })} />
    <${Shown} of=${page}>${(/** @type {Awaited<ReturnType<typeof pageOf>>} */ { rows, next }) =>
      html`
        <${Table} label="Token requests" columns=${COLUMNS} rows=${rows} keyOf=${(/** @type {any} */ row) => row.log_id}
          href=${(/** @type {any} */ row) => at(`/exchanges/${part(row.id)}`)}
          empty=${html`<${Nothing} filtered=${Object.keys(filter).length > 0} more=${!!next} />`} />
        <p class="actions records-pages">
          ${query.from && html`<a class="action" href=${at("/exchanges", filter)}>Newest</a>`}
          ${next &&
            html`<a class="action" href=${at("/exchanges", { ...filter, from: next })}>${
              rows.length ? "Older" : "Look further back"
            }</a>`}
          ${!next && rows.length > 0 && html`<span class="dim">These are the oldest that are kept.</span>`}
        </p>
      `}<//>
  `;
}

/**
 * One page, with some calls more where the first find nothing.
 * @param {Record<string, string>} query
 * @param {AbortSignal} signal
 * @returns {Promise<{ rows: any[], next: string }>}
 */
async function pageOf(query, signal) {
  let from = query.from;
  for (let call = 1;; call += 1) {
    const { body } = await get("/api/v2/exchanges", { query: { ...query, from, take: PAGE }, signal });
    if (body.exchanges.length || !body.next || call === MOST_CALLS) {
      return { rows: body.exchanges, next: body.next ?? "" };
    }
    from = body.next;
  }
}

const COLUMNS = [
  { name: "Time", show: (/** @type {any} */ row) => html`<${Moment} at=${row.started_at_ms} />` },
  { name: "Outcome", show: (/** @type {any} */ row) => html`<${Outcome} outcome=${row.outcome} />` },
  {
    name: "Client",
    show: (/** @type {any} */ row) =>
      html`<${Said} class="one-line" text=${row.client_name || row.client_id || "not known"} most=${80} />`,
  },
  {
    name: "API",
    narrow: true,
    show: (/** @type {any} */ row) => html`<${Said} class="one-line" text=${row.audience ?? ""} most=${80} />`,
  },
  {
    name: "Rules",
    narrow: true,
    show: (/** @type {any} */ row) =>
      html`
        <${Said} class="one-line" most=${80}
          text=${row.rules.map((/** @type {any} */ each) => `${each.rule} v${each.version}`).join(", ") ||
            row.first_rule} />
      `,
  },
  {
    name: "Why not",
    narrow: true,
    show: (/** @type {any} */ row) =>
      html`<${Said} class="one-line why" text=${row.detail || row.error_description || ""} most=${90} />${
        row.more_like_it > 0 && html`
          <small class="dim">and ${row.more_like_it} like it</small>
        `
      }`,
  },
  {
    name: "Took",
    align: /** @type {const} */ ("right"),
    show: (/** @type {any} */ row) => duration(row.timings.total_ms),
  },
];

/** Find a record by a token that somebody pastes. The token stays in this field. */
function Finder() {
  const [pasted, setPasted] = useState("");
  const [problem, setProblem] = useState("");
  const id = useId();
  const find = (/** @type {Event} */ event) => {
    event.preventDefault();
    const found = foundIn(pasted);
    setProblem("problem" in found ? found.problem : "");
    if ("problem" in found) return;
    setPasted("");
    if ("id" in found) go(`/exchanges/${part(found.id)}`);
    else go("/exchanges", "end" in found ? { id: found.end } : { jti: found.jti });
  };
  return html`
    <form class="finder" onSubmit=${find} aria-label="Find by a token">
      <label for=${id}>Token, jti or id</label>
      <input id=${id} value=${pasted} autocomplete="off" spellcheck=${false} aria-describedby=${`${id}-about`}
        placeholder="Paste a token to find its record" aria-invalid=${problem ? "true" : undefined}
        onInput=${(/** @type {any} */ event) => setPasted(event.currentTarget.value)} />
      <button type="submit" class="action" disabled=${!pasted.trim()}>Find</button>
      <span id=${`${id}-about`} class=${problem ? "wrong" : "dim"} role=${problem ? "alert" : undefined}>${problem ||
        "A token is read in this page and is sent nowhere."}</span>
    </form>
  `;
}

/** @param {{ filtered: boolean, more: boolean }} props */
function Nothing({ filtered, more }) {
  if (more) {
    return html`
      <${Empty} title="None among the records that were looked at">
        <p>Older ones may fit.</p>
        <//>
    `;
  }
  if (filtered) {
    return html`
      <${Empty} title="No token request fits these filters">
        <p>Remove one to see more.</p>
        <//>
    `;
  }
  return html`
    <${Empty} title="Nobody has asked for a token yet">
      <p><a href="/start">Ask for one</a>: its record shows here.</p>
      <//>
  `;
}

/** @param {number} days */
function daysAgo(days) {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10) + "T00:00:00Z";
}
