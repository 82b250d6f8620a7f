import { html } from "../../vendor/third-party.js";
import { Differences } from "../../components/differences.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { at, part } from "../../state/router.js";
import { counted, several } from "../../text/numbers.js";
import { alike, byKind, progress } from "./sum.js";

const LOOK =
  /** @type {Record<string, string>} */ ({ newly_denied: "bad", newly_failed: "bad", newly_granted: "warn" });

/** What a backtest has found until now. @param {{ run: import("./runs.js").Run }} props */
export function Result({ run: { sum, state, draft } }) {
  const part = progress(sum);
  const words = { running: "Replaying…", done: "Done.", stopped: "Stopped.", failed: "It broke off." }[state];
  return html`
    <section class="card" aria-label="Result of the backtest">
      <p role="status"><strong>${draft}</strong>: ${words} ${sum &&
        `${several(sum.coverage.replayed, "token request")} replayed.`}</p>
      ${state === "running" && html`<progress aria-label="Progress" max="1" value=${part ?? undefined}></progress>`}
      ${sum && html`<${Found} sum=${sum} />`}
    </section>
  `;
}

/** @param {{ sum: import("./sum.js").Answer }} props */
function Found({ sum }) {
  const { coverage, unchanged, noisy, groups, oldest } = sum;
  const kinds = byKind(groups);
  return html`
    <dl class="tallies">
      <${Figure} says="met the rule" value=${coverage.requests} more=${coverage.has_more} />
      <${Figure} says="left no tape" value=${coverage.without_tape} />
      <${Figure} says="replayed" value=${coverage.replayed} />
      <${Figure} says="unchanged" value=${unchanged} look="good" />
      ${kinds.map(({ kind, count }) =>
        html`<${Figure} key=${kind} says=${inWords(kind)} value=${count} look=${LOOK[kind]} />`
      )}
      ${noisy > 0 && html`<${Figure} says="differ by chance" value=${noisy} />`}
      ${coverage.cut + coverage.unknown > 0 &&
        html`<${Figure} says="cannot be told" value=${coverage.cut + coverage.unknown} />`}
    </dl>
    ${oldest && html`<p class="dim">The oldest is of <${Moment} at=${oldest} />.</p>`}
    ${coverage.reasons.length > 0 && html`
      <details>
        <summary>Why some cannot be told</summary>
        <ul class="dim">${coverage.reasons.map((each) =>
          html`
            <li key=${each}>
              <${Said} text=${each} most=${400} />
            </li>
          `
        )}</ul>
      </details>
    `}
    ${coverage.replayed > 0 && !groups.length && html`<p class="good">It changes nothing.</p>`}
    ${!coverage.replayed &&
      html`<p class="dim">Nothing was replayed. Requests leave a tape if they get no token, and one in 100
      of all others: the tenant's <code>tapes</code> setting records more.</p>`}
    ${groups.map((group) => html`<${Group} key=${`${group.kind} ${group.client_id}`} group=${group} />`)}
  `;
}

/** @param {{ says: string, value: number, look?: string, more?: boolean }} props */
function Figure({ says, value, look, more }) {
  return html`
    <div class="tally">
      <dt>${says}</dt>
      <dd class=${look ?? ""}>${counted(value)}${more && "+"}</dd>
    </div>
  `;
}

/** @param {{ group: import("./sum.js").Group }} props */
function Group({ group }) {
  const { kind, client_id, client_name, count, examples } = group;
  return html`
    <details class="group">
      <summary><span class=${`badge ${LOOK[kind] ?? "plain"}`}>${inWords(kind)}</span>
        <${Said} text=${client_name || client_id} most=${80} /> <span class="dim">${several(
          count,
          "token request",
        )}</span></summary>
      ${alike(examples).map(({ ids, changes }) =>
        html`
          <div key=${ids[0]} class="example">
            <p class="about-line">${ids.map((id) =>
              html`<a key=${id} href=${
                at(`/exchanges/${part(id)}`)
              }>Open <code><${Said} text=${id} most=${40} /></code></a>`
            )}</p>
            ${changes.length > 0 && html`<${Differences} label=${`Changes of ${ids[0]}`} changes=${changes} />`}
          </div>
        `
      )}
      ${count > examples.length && html`<p class="dim">${counted(count - examples.length)} more are like these.</p>`}
    </details>
  `;
}

/** @param {string} kind */
function inWords(kind) {
  return kind.replaceAll("_", " ");
}
