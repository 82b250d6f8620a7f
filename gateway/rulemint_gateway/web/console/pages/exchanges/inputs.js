import { html } from "../../vendor/third-party.js";
import { get } from "../../api/client.js";
import { Said } from "../../components/said.js";
import { Failure, Loading } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { part } from "../../state/router.js";
import { several } from "../../text/numbers.js";
import { Entries } from "./record.js";

/** What the rules were given, from the tape. @param {{ id: string }} props */
export function Inputs({ id }) {
  const { value, problem, again } = useAnswer(
    async (signal) => (await get(`/api/v2/exchanges/${part(id)}/tape`, { signal })).body,
    [id],
  );
  if (problem?.status === 404) return html`<${NoTape} />`;
  if (problem) return html`<${Failure} problem=${problem} again=${again} />`;
  if (!value) return html`<${Loading} what="Opening the tape" />`;
  const { client, scope, request, masked, cut } = value;
  return html`
    <${Entries} of=${[
      ["client", client.name],
      ...prefixed("metadata", client.metadata),
      ["scope", scope.join(" ")],
      ["ip", request.ip],
      ["hostname", request.hostname],
      ...prefixed("body", request.body),
      ...prefixed("query", request.query),
      ...prefixed("header", request.headers),
    ]} />
    ${masked.length > 0 && html`<p class="dim">${several(masked.length, "place")} masked: <${Said}
      text=${masked.join(", ")} most=${400} /></p>`}
    ${cut && html`<p class="warn">The tape is not whole: <${Said} text=${cut} most=${400} /></p>`}
  `;
}

/** Without a tape there is less to see, and nothing to replay. */
export function NoTape() {
  return html`
    <p class="empty-title">This token request left no tape</p>
    <p
      class="dim">By default a request leaves one if it gets no token, and so does one in 100 of all others. To record all, set the
      tenant's <code>tapes</code> to <code>one_in: 1</code>.</p>
  `;
}

/**
 * @param {string} name
 * @param {Record<string, unknown>} values
 * @returns {[string, unknown][]}
 */
function prefixed(name, values) {
  return Object.entries(values ?? {}).map(([key, value]) => [`${name} ${key}`, value]);
}
