import { html, useMemo } from "../../vendor/third-party.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { at, part, refine } from "../../state/router.js";

/** @typedef {import("./record.js").LogRecord} LogRecord */

const LOOK = { debug: "plain", info: "plain", warn: "warn", error: "bad" };

/** The names over the columns of `Row`. */
export const HEAD = html`
  <span class="log-time">Time</span><span class="log-level">Level</span><span class="log-rule">Rule</span>
  <span class="log-message">Message</span><span class="log-client narrow">Client</span>
`;

/**
 * One record in one line.
 * @param {{ record: LogRecord, nameOfClient?: string }} props  `nameOfClient`: if the session may know it
 */
export function Row({ record, nameOfClient }) {
  return useMemo(() => shown(record, nameOfClient), [record, nameOfClient]); // most rows are as they were, as one scrolls
}

/**
 * @param {LogRecord} record
 * @param {string | undefined} nameOfClient
 */
function shown({ ts, level, type, rule, version, message, client, lost }, nameOfClient) {
  return html`
    <span class="log-time"><${Moment} at=${ts} milliseconds /></span>
    <span class="log-level"><span class=${`badge ${lost ? "warn" : LOOK[level]}`}>${lost ? "lost" : level}</span></span>
    <span class="log-rule">${rule && html`
      <${Said} text=${rule} most=${60} />${version > 0 && html`<small class="dim"> v${version}</small>`}
    `}</span>
    <span class=${`log-message ${type === "line" ? "" : "log-event"}`}>
      ${type !== "line" && !lost &&
        html`<small class="dim">${nameOf(type)} </small>`}<${Said} text=${message} most=${400} />
    </span>
    <span class="log-client narrow"><${Said} text=${nameOfClient ?? client} most=${60} /></span>
  `;
}

/**
 * All about the record that is chosen, and what can be done with it.
 * @param {{ record: LogRecord, nameOfClient?: string, clear: () => void, close: () => void }} props
 */
export function Chosen({ record, nameOfClient, clear, close }) {
  const { ts, type, rule, version, message, client, audience, invocation, level } = record;
  const only = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ says) =>
    value && html`<${Action} kind="quiet" run=${() => refine({ [name]: value })}>Only this ${says}<//>`;
  return html`
    <section class="card log-chosen" aria-label="The chosen record">
      <div class="head">
        <p class="dim about-line">
          <span><${Moment} at=${ts} milliseconds /></span>
          <span>${nameOf(type) || "line"}, ${level}</span>
          ${rule && html`<span>rule <${Said} text=${rule} most=${80} /> v${version}</span>`}
          ${client && html`<span>client <${Said} text=${nameOfClient ?? client} most=${80} /></span>`}
          ${audience && html`<span>for <${Said} text=${audience} most=${120} /></span>`}
        </p>
        <button type="button" class="action quiet" aria-label="Close the chosen record" onClick=${close}>✕</button>
      </div>
      <pre class="log-whole" tabindex="0"
        aria-label="The whole message"><${Said} text=${message} lines most=${16_000} /></pre>
      <p class="actions">
        ${invocation && html`<a class="action" href=${exchangeOf(record)}>Open its token request</a>`}
        <${Action} run=${clear} title="Takes this record and all older ones from the list">Clear from here<//>
        ${only("rule", rule, "rule")}${only("client_id", client, "client")}${only("invocation", invocation, "request")}
      </p>
    </section>
  `;
}

/**
 * The address of the token request that a record belongs to.
 * @param {LogRecord} record
 */
export function exchangeOf({ invocation }) {
  return at(`/exchanges/${part(invocation)}`);
}

/** @param {string} type */
function nameOf(type) {
  return /** @type {Record<string, string>} */ ({
    "invocation.started": "start",
    "invocation.ended": "end",
    call: "call",
    diff: "shadow",
    resumed: "stream",
    error: "stream",
  })[type] ?? "";
}
