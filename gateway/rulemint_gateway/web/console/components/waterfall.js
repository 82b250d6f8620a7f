import { html } from "../vendor/third-party.js";
import { duration } from "../text/numbers.js";
import { Said } from "./said.js";

/**
 * @typedef {{ method: string, host: string, status: number | null, began_ms: number, duration_ms: number }} Call
 * @typedef {{ step: string, began_ms: number, duration_ms: number, rule?: string | null, version?: number | null, start?: string | null, calls?: Call[] }} Step
 *   as `waterfall` of an exchange has it
 */

/** Steps in which nothing ran: the request waited for a runner or a host. */
const WAITING = new Set(["queue", "host", "return"]);

/**
 * Where the time of a token request went. Waiting is hatched, running is full.
 * @param {{ steps: Step[] }} props
 */
export function Waterfall({ steps }) {
  const whole = Math.max(0.001, ...steps.map((each) => each.began_ms + each.duration_ms));
  return html`
    <ol class="waterfall" aria-label="Where the time went">
      ${steps.map((each, index) =>
        html`
          <li key=${index}>
            <${Bar} name=${nameOf(each)} kind=${WAITING.has(each.step)
              ? "waiting"
              : "running"} of=${each} whole=${whole} />
            ${!!each.calls?.length && html`<ol>${
              each.calls.map((call, at) =>
                html`
                  <li key=${at}>
                    <${Bar} name=${`${call.method} ${call.host} ${call.status ?? "no answer"}`}
                      kind="call" of=${call} whole=${whole} />
                  </li>
                `
              )
            }</ol>`}
          </li>
        `
      )}
    </ol>
  `;
}

/** @param {{ name: string, kind: string, of: { began_ms: number, duration_ms: number }, whole: number }} props */
function Bar({ name, kind, of, whole }) {
  const left = Math.min(100, of.began_ms / whole * 100);
  return html`
    <div class="bar">
      <span class="bar-name"><${Said} text=${name} most=${120} /></span>
      <span class="bar-track" aria-hidden="true"><span class=${`bar-fill ${kind}`} style=${{
        left: `${left}%`,
        width: `max(2px, ${Math.min(100 - left, of.duration_ms / whole * 100)}%)`,
      }}></span></span>
      <span class="bar-time">${duration(of.duration_ms)}${kind === "waiting" ? " waiting" : ""}</span>
    </div>
  `;
}

/** @param {Step} step */
function nameOf({ step, rule, version, start }) {
  const whose = rule ? ` ${rule}${version ? ` v${version}` : ""}` : "";
  return `${step}${whose}${start ? ` (${start})` : ""}`;
}
