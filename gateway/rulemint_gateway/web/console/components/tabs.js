import { html } from "../vendor/third-party.js";
import { at, place } from "../state/router.js";

/**
 * Parts of a page, of which the address names one as `tab`; the first stands there without a name.
 * @param {{ label: string, tabs: { name: string, says: string }[] }} props
 */
export function Tabs({ label, tabs }) {
  const { path, query } = place.value;
  const current = query.tab ?? tabs[0].name;
  return html`
    <nav class="tabs" aria-label=${label}>
      ${tabs.map(({ name, says }, index) =>
        html`
          <a key=${name} href=${at(path, { ...query, tab: index ? name : "" })}
            aria-current=${name === current ? "page" : undefined}>${says}</a>
        `
      )}
    </nav>
  `;
}
