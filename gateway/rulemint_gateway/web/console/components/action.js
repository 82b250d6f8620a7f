import { html, useState } from "../vendor/third-party.js";
import { may } from "../state/session.js";
import { complain } from "../state/toasts.js";

/**
 * A button. Without the scope it is disabled, and says which one it needs. While its promise runs it cannot be pressed
 * again, and a problem becomes a toast.
 * @param {{ scope?: string | string[], run: () => unknown, children?: any, kind?: "main" | "danger" | "quiet", disabled?: boolean, title?: string, label?: string, keys?: string }} props
 *   `kind`: how it looks; `label`: its name where its content is a sign
 */
export function Action({ scope, run, children, kind, disabled = false, title, label, keys }) {
  const [running, setRunning] = useState(false);
  const allowed = may(scope);
  const press = async () => {
    setRunning(true);
    try {
      await run();
    } catch (error) {
      complain(error);
    } finally {
      setRunning(false);
    }
  };
  return html`
    <button
      type="button"
      class=${`action ${kind ?? ""}`}
      disabled=${disabled || running || !allowed}
      aria-busy=${running}
      aria-label=${label}
      aria-keyshortcuts=${keys?.replaceAll("-", "+").replaceAll("Mod", "Control")}
      title=${allowed ? title : needs(scope)}
      onClick=${press}
    >${children}${!allowed && " "}${!allowed && html`<small class="needs">${needs(scope)}</small>`}</button>
  `;
}

/**
 * The words for a scope that the session does not have.
 * @param {string | string[] | undefined} scope
 */
export function needs(scope) {
  return `needs ${[scope ?? []].flat().join(" or ")}`;
}
