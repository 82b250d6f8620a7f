import { html } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Failure, Loading } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { part } from "../../state/router.js";
import { NoTape } from "./inputs.js";
import { Result } from "./result.js";

/** The same request once more, from its tape. @param {{ exchange: any }} props */
export function Replay({ exchange }) {
  const { value, problem, loading, again } = useAnswer(
    async (signal) => (await post(`/api/v2/exchanges/${part(exchange.id)}/replay`, {}, { signal })).body,
    [exchange.id],
  );
  if (problem?.status === 404) return html`<${NoTape} />`;
  return html`
    <p class="dim">The rules run again in fresh hosts, with what the tape has: nothing is called, written or signed.</p>
    <p class="actions">
      <${Action} run=${again} disabled=${loading}>Replay again<//></p>
    ${problem && html`<${Failure} problem=${problem} again=${again} />`}
    ${loading && html`<${Loading} what="Replaying" />`}
    ${value && !loading && html`<${Result} result=${value} />`}
  `;
}
