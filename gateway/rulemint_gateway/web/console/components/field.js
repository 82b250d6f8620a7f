import { html, useId } from "../vendor/third-party.js";
import { may } from "../state/session.js";
import { needs } from "./action.js";

/**
 * A labelled input.
 * @param {{ label: string, value: string, onInput: (value: string) => void, type?: string, hint?: string, problem?: string, scope?: string | string[], lines?: number, [more: string]: any }} props
 *   `lines`: a text area of so many; all else goes to the input
 */
export function Field({ label, value, onInput, type = "text", hint, problem, scope, lines, disabled, ...more }) {
  const id = useId();
  const allowed = may(scope);
  const about = hint || problem ? `${id}-about` : undefined;
  return html`
    <div class="field">
      <label for=${id}>${label}${!allowed && " "}${!allowed &&
        html`<small class="needs">${needs(scope)}</small>`}</label>
      <${lines ? "textarea" : "input"}
        id=${id}
        type=${lines ? undefined : type}
        rows=${lines}
        value=${value}
        disabled=${disabled || !allowed}
        aria-describedby=${about}
        aria-invalid=${problem ? "true" : undefined}
        onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}
        ...${more}
      />
      ${about && html`<p id=${about} class=${problem ? "wrong" : "dim"}>${problem || hint}</p>`}
    </div>
  `;
}
