import { html } from "../vendor/third-party.js";
import { may } from "../state/session.js";
import { shortcuts, spelled } from "../state/shortcuts.js";
import { needs } from "./action.js";
import { Dialog } from "./dialog.js";

/**
 * Keys as a person reads them.
 * @param {{ keys: string }} props
 */
export function Keys({ keys }) {
  return html`<span class="keys">${
    spelled(keys).map((press, index) =>
      html`${index > 0 && " then "}${press.map((key) => html`<kbd key=${key}>${key}</kbd>`)}`
    )
  }</span>`;
}

/**
 * All shortcuts that hold now.
 * @param {{ close: () => void }} props
 */
export function ShortcutsHelp({ close }) {
  const held = shortcuts.value.filter((each) => each.keys && !each.hidden);
  return html`
    <${Dialog} title="Shortcuts" close=${close}>
      <dl class="shortcuts">
        ${held.map((each, index) =>
          html`
            <div key=${index}>
              <dt>
                <${Keys} keys=${each.keys} />
              </dt>
              <dd>${each.says}${" "}${!may(each.scope) && html`
                <small class="needs">${needs(each.scope)}</small>
              `}</dd>
            </div>
          `
        )}
        <div><dt><${Keys} keys="Escape" /> then <${Keys} keys="Tab" /></dt><dd>Leave an editor</dd></div>
      </dl>
      <p class="actions"><button type="button" class="action" autofocus onClick=${close}>Close</button></p>
      <//>
  `;
}
