import { changeRule } from "../../api/rules.js";
import { Action } from "../../components/action.js";
import { Keys } from "../../components/keys.js";
import { Said } from "../../components/said.js";
import { whomOf } from "../../state/pauses.js";
import { tell } from "../../state/toasts.js";
import { may } from "../../state/session.js";
import { several } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";

/**
 * The rule's name and state, and what can be done with what is written.
 * @param {{ editing: import("./editing.js").Editing, actions: Record<string, () => Promise<void>>, keys: Record<string, string>, problem: { loads: boolean } | null }} props
 */
export function Head({ editing, actions, keys, problem }) {
  const { rule, number, changed, changes, message } = editing;
  const toggle = () =>
    editing.guarded(async () => {
      const { rule: now, etag } = await changeRule(rule.id, { enabled: !rule.enabled }, { ifMatch: editing.etag });
      editing.setRule(now, etag);
      tell(now.enabled ? `${now.name} is on, from the next token` : `${now.name} is off: tokens are made without it`);
    });
  const broken = problem !== null && !problem.loads;
  return html`
    <div class="head editor-head">
      <div>
        <p class="crumb"><a href="#/rules">Rules</a></p>
        <h1>
          <${Said} text=${rule.name} most=${100} />
        </h1>
        <span class="states">
          ${rule.version
            ? html`<span class=${`badge ${rule.enabled ? "good" : "plain"}`}>v${rule.version} ${
              rule.enabled ? "runs" : "is off"
            }</span>`
            : html`<span class="badge warn">never deployed</span>`}
          ${rule.pause && html`
            <span class="badge bad" title=${`For ${whomOf(rule.pause)}: ${rule.pause.why}`}>pauses</span>
          `}
          ${rule.draft_version && html`<span class="badge plain">draft v${rule.draft_version}</span>`}
          ${changed &&
            html`<span class="badge warn" title="Kept in this browser until it is saved">not saved: ${
              several(Object.keys(changes).length, "change")
            }</span>`}
        </span>
      </div>
      <div class="actions">
        <${Action} scope="update:rules" run=${toggle} disabled=${!rule.version} title=${rule.version
          ? undefined
          : "Deploy a version first"}>${rule.enabled ? "Turn off" : "Turn on"}<//>
        ${changed && html`<${Action} run=${editing.drop} title=${`Back to version ${number}`}>Discard<//>`}
        <${Action} scope="update:rules" run=${actions.save} disabled=${!changed} keys=${keys
          .save} title="Save the draft">
          Save <${Keys} keys=${keys.save} /><//>
        <${Action} scope="update:rules" run=${actions.try} keys=${keys.try}>Try <${Keys} keys=${keys.try} /><//>
        <${Action} scope="update:rules" kind="main" run=${actions.deploy} keys=${keys.deploy} disabled=${broken}
          title=${broken ? "It does not load" : "After a look at what changes"}>Deploy… <${Keys} keys=${keys
            .deploy} /><//>
      </div>
    </div>
    ${changed && may("update:rules") && html`
      <label class="message"><span>What does this change?</span>
        <input value=${message} maxlength="500" placeholder="Kept with the version, for those who read it later"
          onInput=${(/** @type {any} */ event) => editing.setMessage(event.currentTarget.value)} /></label>
    `}
  `;
}
