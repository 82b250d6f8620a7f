/** Parts of the record of a token request. */

import { html } from "../../vendor/third-party.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Table } from "../../components/table.js";
import { VirtualList } from "../../components/virtual_list.js";
import { Waterfall } from "../../components/waterfall.js";
import { at, part } from "../../state/router.js";
import { counted, duration, several, size } from "../../text/numbers.js";
import { claimsOf } from "./claims.js";

const LOOK = /** @type {Record<string, string>} */ ({ debug: "plain", info: "plain", warn: "warn", error: "bad" });
const ROW = 26;
const MOST_ROWS_IN_SIGHT = 14;

/** @param {{ exchange: any }} props */
export function Time({ exchange }) {
  const waiting = exchange.waterfall
    .filter((/** @type {any} */ { step }) => ["queue", "host", "return"].includes(step))
    .reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.duration_ms, 0);
  return html`
    <p class="dim">${duration(exchange.timings.total_ms)} in all, of which ${duration(waiting)} waiting (hatched).</p>
    <${Waterfall} steps=${exchange.waterfall} />
  `;
}

/** The answer to the caller, as far as it is kept: no token is. @param {{ exchange: any }} props */
export function Answer({ exchange }) {
  const { status, outcome, error, error_description, detail, scope_granted, jti, exp, stale_since_ms } = exchange;
  if (outcome !== "granted") {
    return html`
      <p>${status} <code><${Said} text=${error ?? ""} most=${80} /></code></p>
      <p>
        <${Said} text=${error_description ?? ""} lines />
      </p>
      ${detail && html`
        <h3>What the caller was not told</h3>
        <p class="wrong">
          <${Said} text=${detail} lines />
        </p>
      `}
    `;
  }
  return html`
    <p>${status}: a token with the id <code><${Said} text=${jti ?? ""} most=${80} /></code>${exp &&
      html`, good until <${Moment} at=${exp * 1000} />`}.</p>
    ${stale_since_ms > 0 && html`<p class="warn">Rules failed, so it is made of an earlier answer of
      <${Moment} at=${stale_since_ms} />.</p>`}
    <${Entries} of=${[["scope", scope_granted.join(" ")], ...Object.entries(claimsOf(exchange.rules))]} />
  `;
}

/** @param {{ exchange: any }} props */
export function Facts({ exchange }) {
  const { client_id, secret_name, ip, user_agent, audience, scope_asked, kid, config_revision, trace_id } = exchange;
  return html`
    <${Entries} of=${[
      ["client", client_id, at(`/clients/${part(client_id ?? "")}`)],
      ["secret", secret_name],
      ["from", ip],
      ["user agent", user_agent],
      ["API", audience],
      ["asked scopes", scope_asked.join(" ") || "none: all that are granted"],
      ["key", kid],
      ["configuration", config_revision ? `revision ${config_revision}` : ""],
      ["trace", trace_id],
    ]} />
    <h3>Parameters</h3>
    <${Entries} of=${Object.entries(exchange.parameters)} />
    <p class="actions"><a class="action" href=${at("/logs", { invocation: exchange.id })}>Its log</a>
      <a class="action" href=${at("/try", { exchange: exchange.id })}>Try with these inputs</a>
      <a class="action" href=${at("/exchanges", { client_id })}>More of this client</a></p>
  `;
}

/**
 * Names and values, without those that have none.
 * @param {{ of: [string, any, string?][] }} props  with the address of a page about it, if there is one
 */
export function Entries({ of }) {
  const given = of.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return html`
    <dl class="entries">${given.map(([name, value, href]) =>
      html`
        <div key=${name}>
          <dt>
            <${Said} text=${name} most=${120} />
          </dt>
          <dd>
            <${Entry} value=${value} href=${href} />
          </dd>
        </div>
      `
    )}</dl>
  `;
}

/** @param {{ value: unknown, href?: string }} props */
function Entry({ value, href }) {
  const said = html`<code><${Said} text=${value} lines /></code>`;
  return href ? html`<a href=${href}>${said}</a>` : said;
}

/** @param {{ exchange: any }} props */
export function Lines({ exchange }) {
  const { lines, lines_left_out } = exchange;
  if (!lines.length && !lines_left_out) return html`<p class="dim">No rule has written any.</p>`;
  return html`
    <div class="lines-list" style=${{ height: `${Math.min(lines.length, MOST_ROWS_IN_SIGHT) * ROW + 2}px` }}>
      <${VirtualList} label="Lines of the token request" rows=${lines.map((
        /** @type {any} */ line,
        /** @type {number} */ index,
      ) => ({ ...line, index }))}
        rowHeight=${ROW} keyOf=${(/** @type {any} */ line) => line.index}
        classOf=${(/** @type {any} */ line) => `log-${LOOK[line.level] ? line.level : "info"}`}
        show=${(/** @type {any} */ line) =>
          html`
            <span class="log-time"><${Moment} at=${line.ts_ms} milliseconds /></span>
            <span class="log-level"><span class=${`badge ${LOOK[line.level] ?? "plain"}`}><${Said} text=${line
              .level} most=${10} /></span></span>
            <span class="log-rule"><${Said} text=${line.rule} most=${60} /></span>
            <span class="log-message"><${Said} text=${line.message} most=${1_000} /></span>
          `} />
    </div>
    ${lines_left_out > 0 && html`<p class="warn">${several(lines_left_out, "more line")} went beyond the limits.</p>`}
  `;
}

/** @param {{ calls: any[] }} props */
export function Calls({ calls }) {
  if (!calls.length) return html`<p class="dim">No rule has called any.</p>`;
  const columns = [
    {
      name: "Call",
      show: (/** @type {any} */ call) =>
        html`<code><${Said} text=${`${call.method} ${call.host}`} most=${200} /></code>`,
    },
    { name: "Rule", show: (/** @type {any} */ call) => html`<${Said} text=${call.rule} most=${60} />` },
    {
      name: "Answer",
      show: (/** @type {any} */ call) =>
        call.status === null
          ? html`<span class="wrong"><${Said} text=${call.error || "none"} most=${300} /></span>`
          : call.status,
    },
    {
      name: "Took",
      align: /** @type {const} */ ("right"),
      show: (/** @type {any} */ call) => duration(call.duration_ms),
    },
    {
      name: "Sent",
      align: /** @type {const} */ ("right"),
      narrow: true,
      show: (/** @type {any} */ call) => size(call.bytes_sent),
    },
    {
      name: "Received",
      align: /** @type {const} */ ("right"),
      narrow: true,
      show: (/** @type {any} */ call) => size(call.bytes_received),
    },
  ];
  const rows = calls.map((call, index) => ({ ...call, index }));
  return html`
    <${Table} label=${`${counted(calls.length)} calls`} columns=${columns} rows=${rows}
      keyOf=${(/** @type {any} */ call) => call.index} />
  `;
}
