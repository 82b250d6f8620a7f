import { html, useState } from "../../vendor/third-party.js";
import { Action } from "../../components/action.js";
import { Chips } from "../../components/chips.js";
import { Dialog } from "../../components/dialog.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Empty, Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAnswer } from "../../state/answers.js";
import { refine } from "../../state/router.js";
import { pretty } from "../../text/json.js";
import { joined, recordsThat } from "./reading.js";

/** Type of a record → what it is, and how its badge looks. @type {Record<string, [string, string]>} */
const KINDS = {
  sapi: ["change", "good"],
  fapi: ["refused", "bad"],
  seccft: ["token", "plain"],
  feccft: ["no token", "warn"],
};
const OF_CHANGES = ["change", "refused"];
const FILTERS = [
  { name: "kind", says: "Kind", values: Object.values(KINDS).map(([says]) => says), closed: true },
  { name: "client", says: "Client" },
  { name: "text", says: "Text" },
];

/** Every change of the configuration and every token, with who asked; at first only the changes. */
export default function Audit(/** @type {{ query: Record<string, string> }} */ { query }) {
  const { kind = "", client = "", text = "" } = query;
  const fits = (/** @type {any} */ record) => isOne(record, { kind, client, text });
  const [opened, setOpened] = useState(/** @type {any} */ (null));
  const of = JSON.stringify([kind, client, text]);
  const [older, setOlder] = useState({ of, rows: /** @type {any[]} */ ([]), next: /** @type {number | null} */ (0) });
  const newest = useAnswer((signal) => recordsThat(fits, { signal }), [of], { everyMs: 10_000 });
  const more = older.of === of ? older : { of, rows: [], next: 0 };
  const goOn = async (/** @type {number} */ page) => {
    const found = await recordsThat(fits, { page });
    setOlder({ of, rows: joined(more.rows, found.rows), next: found.next });
  };
  return html`
    <div class="head">
      <h1>Audit</h1>
      <${Action} run=${newest.again}>Look again<//></div>
    <${Chips} filters=${FILTERS} values=${{ kind, client, text }} onChange=${refine} />
    <${Shown} of=${newest}>${(/** @type {import("./reading.js").Found} */ first) => {
      const rows = joined(first.rows, more.rows);
      const next = more.next === 0 ? first.next : more.next;
      return html`
        <${Table} label="Audit records" rows=${rows} keyOf=${(/** @type {any} */ row) =>
          row.log_id} columns=${columnsBy(setOpened)}
          empty=${html`
            <${Empty} title="Nothing fits">
              <p>Take a filter away, or look further back.</p>
              <//>
          `} />
        ${next !== null && html`
          <p>
            <${Action} run=${() => goOn(next)}>Look further back<//></p>
        `}
      `;
    }}<//>
    ${opened && html`
      <${Dialog} title="Audit record" close=${() => setOpened(null)}>
        <pre tabindex="0"><${Said} text=${pretty(opened)} lines=${true} most=${50_000} /></pre>
        <p class="actions"><button type="button" class="action" onClick=${() => setOpened(null)}>Close</button></p>
        <//>
    `}
  `;
}

/**
 * @param {any} record
 * @param {{ kind: string, client: string, text: string }} filters `kind`: as its badge says it; none: changes
 */
export function isOne(record, { kind, client, text }) {
  const its = KINDS[record.type]?.[0] ?? record.type;
  if (kind ? its !== kind : !OF_CHANGES.includes(its)) return false;
  if (client && ![record.client_id, record.client_name].includes(client)) return false;
  return !text || JSON.stringify(record).toLowerCase().includes(text.toLowerCase());
}

/** @param {(row: any) => void} open */
function columnsBy(open) {
  return [
    { name: "Time", show: (/** @type {any} */ row) => html`<${Moment} at=${row.date} />` },
    { name: "Kind", show: badge },
    { name: "What", show: (/** @type {any} */ row) => html`<${Said} text=${described(row)} most=${200} />` },
    {
      name: "Who",
      narrow: true,
      show: (/** @type {any} */ row) => html`<${Said} text=${row.client_name || row.client_id} most=${80} />`,
    },
    { name: "From", narrow: true, show: (/** @type {any} */ row) => html`<${Said} text=${row.ip} class="whole" />` },
    {
      name: "",
      show: (/** @type {any} */ row) =>
        html`<${Action} kind="quiet" label=${`Show the record ${row.log_id}`} run=${() => open(row)}>Show<//>`,
    },
  ];
}

/** @param {any} row */
function badge(row) {
  const [says, kind] = KINDS[row.type] ?? [row.type, "plain"];
  return html`<span class=${`badge ${kind}`}>${says}</span>`;
}

/** @param {any} row */
function described(row) {
  const { method, path } = row.details?.request ?? {};
  const asked = method && `${method} ${path}`;
  return [row.description !== asked && row.description, asked, row.audience].filter(Boolean).join(" · ");
}
