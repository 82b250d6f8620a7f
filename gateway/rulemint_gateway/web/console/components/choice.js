import { html, useId } from "../vendor/third-party.js";
import { may } from "../state/session.js";
import { needs } from "./action.js";

/**
 * A labelled choice of one of several.
 * @param {{ label: string, value: string, options: { value: string, says?: string }[], onChange: (value: string) => void, hint?: string, problem?: string, scope?: string, disabled?: boolean }} props
 */
export function Choice({ label, value, options, onChange, hint, problem, scope, disabled = false }) {
  const id = useId();
  const allowed = may(scope);
  const about = hint || problem ? `${id}-about` : undefined;
  return html`
    <div class="field">
      <label for=${id}>${label}${!allowed && html`<small class="needs"> ${needs(scope)}</small>`}</label>
      <select id=${id} value=${value} disabled=${disabled || !allowed} aria-describedby=${about}
        aria-invalid=${problem ? "true" : undefined}
        onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
        ${options.map((each) =>
          html`<option key=${each.value} value=${each.value}>${each.says ?? each.value}</option>`
        )}
      </select>
      ${about && html`<p id=${about} class=${problem ? "wrong" : "dim"}>${problem || hint}</p>`}
    </div>
  `;
}

/**
 * A labelled yes or no.
 * @param {{ label: string, checked: boolean, onChange: (checked: boolean) => void, scope?: string, disabled?: boolean, hint?: string }} props
 */
export function Tick({ label, checked, onChange, scope, disabled = false, hint }) {
  const id = useId();
  const allowed = may(scope);
  return html`
    <div class="tick">
      <label><input type="checkbox" checked=${checked} disabled=${disabled || !allowed}
        aria-describedby=${hint ? id : undefined}
        onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)} /> ${label}${!allowed &&
          html`<small class="needs"> ${needs(scope)}</small>`}</label>
      ${hint && html`<p id=${id} class="dim">${hint}</p>`}
    </div>
  `;
}
