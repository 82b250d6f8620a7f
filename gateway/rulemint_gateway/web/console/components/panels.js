import { html, useId, useRef } from "../vendor/third-party.js";

/**
 * Parts of a page of which one is shown. Arrow keys move among their names.
 * @param {{ label: string, tabs: { name: string, says: any, show: () => any }[], chosen: string, choose: (name: string) => void }} props
 */
export function Panels({ label, tabs, chosen, choose }) {
  const id = useId();
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const index = Math.max(0, tabs.findIndex((each) => each.name === chosen));
  const press = (/** @type {KeyboardEvent} */ event) => {
    const to = {
      ArrowRight: (index + 1) % tabs.length,
      ArrowLeft: (index + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[to].name);
    /** @type {HTMLElement | undefined} */ (list.current?.children[to])?.focus();
  };
  return html`
    <div class="panels">
      <div ref=${list} role="tablist" aria-label=${label} onKeyDown=${press}>
        ${tabs.map(({ name, says }, at) =>
          html`
            <button key=${name} type="button" role="tab" id=${`${id}-${name}`} aria-controls=${`${id}-panel`}
              aria-selected=${at === index} tabindex=${at === index ? 0 : -1} onClick=${() =>
                choose(name)}>${says}</button>
          `
        )}
      </div>
      <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${tabs[index].name}`} tabindex="0">
        ${tabs[index].show()}
      </div>
    </div>
  `;
}
