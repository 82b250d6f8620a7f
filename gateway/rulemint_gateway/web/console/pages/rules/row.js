import { Action, needs } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { PowerShown } from "../../components/power.js";
import { Said } from "../../components/said.js";
import { at, part } from "../../state/router.js";
import { may } from "../../state/session.js";
import { html, useRef, useState } from "../../vendor/third-party.js";
import { Paused } from "./paused.js";

const LANGUAGES = /** @type {Record<string, string>} */ ({
  javascript: "JavaScript",
  typescript: "TypeScript",
  python: "Python",
});

/**
 * One rule of the flow.
 * @param {{ rule: import("../../api/rules.js").Rule, index: number, count: number, failure?: any, knowsFailures: boolean, clients?: Map<string, string>, isOver: boolean, move: (to: number) => void, toggle: () => Promise<void>, again: () => void, remove: () => Promise<void>, drag: { begin: () => void, over: () => void, drop: () => void } }} props
 */
export function Row(
  { rule, index, count, failure, knowsFailures, clients, isOver, move, toggle, again, remove, drag },
) {
  const [held, setHeld] = useState(false);
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  const own = at(`/rules/${part(rule.id)}`);
  return html`
    <tr ref=${row} class=${`${rule.enabled ? "" : "off"} ${isOver ? "over" : ""}`} draggable=${held}
      onDragStart=${(/** @type {DragEvent} */ event) => {
        event.dataTransfer?.setData("text/plain", rule.name);
        drag.begin();
      }}
      onDragEnd=${() => setHeld(false)}
      onDragOver=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        drag.over();
      }}
      onDrop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        drag.drop();
      }}>
      <td class="place">
        <${Handle} name=${rule.name} index=${index} count=${count} move=${move} hold=${setHeld} />
      </td>
      <td class="rule">
        <a href=${own}><${Said} text=${rule.name} most=${100} /></a>
        <span class="dim"> ${LANGUAGES[rule.language] ?? rule.language}</span>
        ${rule.description && html`
          <div class="dim about">
            <${Said} text=${rule.description} most=${200} />
          </div>
        `}
        <${Paused} rule=${rule} again=${again} />
      </td>
      <td>
        <${Switch} rule=${rule} toggle=${toggle} />
      </td>
      <td class="versions">
        ${rule.version ? html`<span class="badge good">v${rule.version}</span>` : html`
          <span class="badge warn">never deployed</span>
        `}
        ${rule.draft_version && html`
          <span class="badge plain">draft v${rule.draft_version}</span>
        `}
        ${rule.locked && html`
          <span class="badge plain" title="It sets nothing but what its tests show">locked</span>
        `}
      </td>
      <td>${failure
        ? html`
          <a href=${at(`/exchanges/${part(failure.id)}`)} class="wrong"><${Said} text=${whyOf(
            failure,
          )} most=${60} /></a>
          <div class="dim">
            <${Moment} at=${failure.started_at_ms} distance />
          </div>
        `
        : html`<span class="dim">${
          knowsFailures ? "none kept" : may("read:logs") ? "…" : needs("read:logs")
        }</span>`}</td>
      <td class="narrow">
        <${PowerShown} power=${rule.power} hosts=${rule.allow_hosts} />
      </td>
      <td class="narrow">
        <${Bound} what="client" ids=${rule.clients} names=${clients} />
        <${Bound} what="API" ids=${rule.audiences} />
        ${!rule.clients.length && !rule.audiences.length && html`<span class="dim">every token</span>`}
      </td>
      <td class="right narrow">
        <${Action} scope="delete:rules" kind="quiet" label=${`Delete ${rule.name}`} run=${remove}>Delete…<//>
      </td>
    </tr>
  `;
}

/** @param {{ name: string, index: number, count: number, move: (to: number) => void, hold: (held: boolean) => void }} props */
function Handle({ name, index, count, move, hold }) {
  if (!may("update:rules")) return html`<span class="dim number" title=${needs("update:rules")}>${index + 1}</span>`;
  const press = (/** @type {KeyboardEvent} */ event) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };
  return html`
    <button type="button" class="handle" aria-label=${`Move ${name}, number ${index + 1} of ${count}: arrow up or down`}
      title="Drag, or press ↑ and ↓" onKeyDown=${press} onMouseDown=${() => hold(true)} onMouseUp=${() => hold(false)}>
      <span aria-hidden="true">⠿</span> ${index + 1}
    </button>
  `;
}

/** @param {{ rule: import("../../api/rules.js").Rule, toggle: () => Promise<void> }} props */
function Switch({ rule, toggle }) {
  const never = !rule.version;
  return html`
    <span class=${`switch ${rule.enabled ? "on" : ""}`}>
      <${Action} scope="update:rules" kind="quiet" disabled=${never} label=${`${rule.name} is ${
        rule.enabled ? "on: turn it off" : "off: turn it on"
      }`} title=${never
        ? "Deploy a version first"
        : rule.enabled
        ? "It runs: turn it off"
        : "It does not run: turn it on"}
        run=${toggle}>${rule.enabled ? "on" : "off"}<//>
    </span>
  `;
}

/** @param {{ what: string, ids: string[], names?: Map<string, string> }} props */
function Bound({ what, ids, names }) {
  if (!ids.length) return null;
  const [first, ...others] = ids;
  return html`
    <div class="bound">
      <span class="dim">${what}</span> <${Said} text=${names?.get(first) ?? first} most=${40} />
      ${others.length > 0 && html`<span class="dim"> and ${others.length} more</span>`}
    </div>
  `;
}

/** @param {{ outcome: string, detail?: string }} failure */
function whyOf({ outcome, detail }) {
  const reason = outcome.replace(/^failed:/, "").replaceAll("_", " ");
  const first = (detail ?? "").split("\n")[0];
  if (!first) return reason;
  return first.startsWith(reason) ? first : `${reason}: ${first}`;
}
