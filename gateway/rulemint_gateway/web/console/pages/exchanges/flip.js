import { html } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Differences } from "../../components/differences.js";
import { Said } from "../../components/said.js";
import { Failure, Loading } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { keepDraft } from "../../state/drafts.js";
import { part, refine } from "../../state/router.js";
import { several } from "../../text/numbers.js";
import { read } from "./changes.js";
import { Unknown } from "./result.js";

export const FLIP_SCOPE = "update:rules";

/**
 * The smallest change of the request that would bring something.
 * @param {{ exchange: any, want: string, close: () => void }} props  `want`: `token`, `claim:limit` or `scope:write`
 */
export function Flip({ exchange, want, close }) {
  const { value, problem, loading, again } = useAnswer(
    async (signal) => (await post(`/api/v2/exchanges/${part(exchange.id)}/flip`, { want }, { signal })).body,
    [exchange.id, want],
  );
  const change = () => {
    keepDraft(`what-if/${exchange.id}`, read(value.set));
    refine({ tab: "what-if" });
  };
  return html`
    <section class="card flip" aria-label="What would bring it">
      <div class="head"><h2>What would bring <code><${Said} text=${want.replace(":", " ")} most=${200} /></code>?</h2>
        <button type="button" class="action quiet" aria-label="Close the search" onClick=${close}>✕</button></div>
      ${loading && html`<${Loading} what="Searching, some seconds" />`}
      ${problem && html`<${Failure} problem=${problem} again=${again} />`}
      ${value && html`
        <p role="status"><span class=${`badge ${value.found ? "good" : "plain"}`}>${value.found
          ? "found"
          : "not found"}</span>
          <${Said} text=${value.text} most=${600} /></p>
        ${value.changed.length > 0 && html`<${Differences} label="Change of the request" changes=${value.changed} />`}
        ${value.differences.length > 0 && html`
          <h3>What that makes different</h3>
          <${Differences} label="Differences" changes=${value.differences} />
        `}
        <p class="dim">${several(value.tried.runs, "replay")} took ${several(
          value.tried.ways,
          "way",
        )} through the rules.</p>
        <${Unknown} of=${value.could_not_know} />
        ${value.found && html`
          <p class="actions">
            <${Action} run=${change}>Go on from there<//></p>
        `}
      `}
    </section>
  `;
}
