import { html } from "../vendor/third-party.js";
import { several } from "../text/numbers.js";
import { Said } from "./said.js";

/**
 * The things that a version was seen to use over its tests, in a few words; all of them on hover.
 * @param {{ power: import("../api/rules.js").Power | null, hosts?: string[] }} props `hosts`: those that it may call
 */
export function PowerShown({ power, hosts = [] }) {
  if (!power) {
    return html`<span class="dim" title="A version's tests show what it uses">not known${
      hosts.length > 0 &&
      html`, <${Said} text=${hosts.length === 1 ? hosts[0] : several(hosts.length, "host")} most=${40} />`
    }</span>`;
  }
  const parts = [
    power.claims.length && several(power.claims.length, "claim"),
    power.scopes.length && several(power.scopes.length, "scope"),
    power.hosts.length && several(power.hosts.length, "host"),
  ].filter(Boolean);
  const all = [...power.claims, ...power.scopes, ...power.hosts];
  return html`
    <div>${parts.join(", ") || "sets nothing"}</div>
    ${all.length > 0 && html`
      <div class="dim">
        <${Said} text=${all.slice(0, 4).join(" · ")} most=${60} />
      </div>
    `}
  `;
}
