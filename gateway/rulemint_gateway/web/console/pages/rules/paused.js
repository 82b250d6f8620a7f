import { resumeRule } from "../../api/rules.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { whomOf } from "../../state/pauses.js";
import { tell } from "../../state/toasts.js";
import { html } from "../../vendor/third-party.js";

/**
 * That a rule pauses, for whom, until when and why; and the way to end it. Nothing if it does not pause.
 * @param {{ rule: import("../../api/rules.js").Rule, again: () => void }} props
 */
export function Paused({ rule, again }) {
  const { pause } = rule;
  if (!pause) return null;
  const resume = async () => {
    await resumeRule(rule.id);
    tell(`${rule.name} runs again`);
    again();
  };
  return html`
    <div class="paused">
      <span class="badge bad">pauses</span> for ${whomOf(pause)} until <${Moment} at=${pause.until} />: ${" "}
      <${Said} text=${pause.why} most=${120} />${" "}
      <${Action} scope="update:rules" kind="quiet" label=${`Resume ${rule.name}`} run=${resume}>Resume<//>
    </div>
  `;
}
