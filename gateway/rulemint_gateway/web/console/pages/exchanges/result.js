/** The result of a replay: of the same request, or of one with other inputs. */

import { html } from "../../vendor/third-party.js";
import { Differences } from "../../components/differences.js";
import { Said } from "../../components/said.js";
import { Outcome } from "./outcome.js";
import { Entries } from "./record.js";

const LOOK = /** @type {Record<string, string>} */ ({ equal: "good", same: "good", changed: "warn", diverged: "bad" });

/** @param {{ result: any }} props */
export function Result({ result }) {
  const { verdict, text, changed, differences, diverged, replayed, lines, could_not_know } = result;
  return html`
    <section class="card" aria-label="Result">
      <p role="status"><span class=${`badge ${LOOK[verdict] ?? "plain"}`}><${Said} text=${verdict} most=${30} /></span>
        <${Said} text=${text} most=${600} /></p>
      ${changed.length > 0 && html`
        <h3>Changed in the request</h3>
        <${Differences} label="Changed in the request" changes=${changed} />
      `}
      ${differences.length > 0 && html`
        <h3>What that makes different</h3>
        <${Differences} label="Differences" changes=${differences} />
      `}
      ${diverged &&
        html`<${Entries} of=${[["rule", diverged.rule], ["at", diverged.at], ["on the tape", diverged.expected], [
          "in the replay",
          diverged.got,
        ]]} />`}
      ${replayed && html`<h3>It ends so: <${Outcome} outcome=${replayed.outcome} /></h3>
        ${
        replayed.message && html`
          <p>
            <${Said} text=${replayed.message} lines />
          </p>
        `
      }
        <${Entries} of=${[["scope", replayed.scope.join(" ")], ...Object.entries(replayed.claims)]} />`}
      ${lines.length > 0 && html`
        <h3>Lines</h3>
        <ul class="replayed-lines">${lines.map((/** @type {any} */ line, /** @type {number} */ at) =>
          html`
            <li
              key=${at}><span class="dim"><${Said} text=${`${line.level} ${line.rule}`} most=${80} /></span> <${Said} text=${line
                .message} most=${1_000} /></li>
          `
        )}</ul>
      `}
      <${Unknown} of=${could_not_know} />
    </section>
  `;
}

/** What nobody could know. @param {{ of: string[] }} props */
export function Unknown({ of }) {
  if (!of.length) return null;
  return html`
    <h3>What could not be known</h3>
    <ul class="dim">${of.map((each, at) =>
      html`
        <li key=${at}>
          <${Said} text=${each} most=${600} />
        </li>
      `
    )}</ul>
  `;
}
