import { html } from "../vendor/third-party.js";
import { Copied } from "./copied.js";
import { Dialog } from "./dialog.js";

/**
 * Secrets that are shown once, when they are made.
 * @param {{ title: string, secrets: { name: string, value: string }[], close: () => void, children?: any }} props
 */
export function Once({ title, secrets, close, children }) {
  return html`
    <${Dialog} title=${title} close=${close} fixed=${true}>
      <p>Keep it now: it is not shown again.</p>
      <dl class="facts">
        ${secrets.map(({ name, value }) =>
          html`
            <div key=${name}>
              <dt>${name}</dt>
              <dd>
                <${Copied} text=${value} what=${`the ${name.toLowerCase()}`} />
              </dd>
            </div>
          `
        )}
      </dl>
      ${children}
      <p class="actions"><button type="button" class="action main" onClick=${close}>I have kept it</button></p>
      <//>
  `;
}
