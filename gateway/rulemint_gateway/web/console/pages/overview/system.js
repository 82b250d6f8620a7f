import { Said } from "../../components/said.js";
import { Shown } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { may } from "../../state/session.js";
import { several } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";

/** @typedef {import("./attention.js").Status} Status */

/**
 * The processes that are alive. Only operators of the whole system see them, and other tenants have no such card.
 * @param {{ of: import("../../state/answers.js").Asked<Status> }} props
 */
export function System({ of }) {
  if (!may("read:status")) return null;
  return html`
    <section class="card" aria-label="Runners">
      <h2>Runners</h2>
      <${Shown} of=${of}>${shown}<//>
    </section>
  `;
}

/** @param {Status} status */
function shown({ gateways, runners, queue_depth: waiting }) {
  return html`
    <${Table} label="Runners" rows=${runners} keyOf=${(/** @type {any} */ each) => each.name} columns=${COLUMNS}
      empty=${html`<p class="wrong">No runner is alive: start one with <code>python -m rulemint_runner</code>.</p>`} />
    <p class="dim">${several(gateways.length, "gateway")}, ${several(waiting, "job")} waiting</p>
  `;
}

const COLUMNS = [
  { name: "Name", show: (/** @type {any} */ each) => html`<${Said} text=${each.name} most=${60} />` },
  {
    name: "Sandbox",
    show: (/** @type {any} */ each) =>
      each.contained
        ? html`<span class="badge good">contains rules</span>`
        : html`<span class="badge bad">CONTAINS NOTHING</span>`,
  },
  {
    name: "Hosts busy",
    align: /** @type {const} */ ("right"),
    show: (/** @type {any} */ each) => `${each.busy_hosts} of ${each.hosts}`,
  },
  { name: "Running", align: /** @type {const} */ ("right"), show: (/** @type {any} */ each) => each.invocations },
];
