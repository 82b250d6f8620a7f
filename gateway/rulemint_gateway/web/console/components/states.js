/** What stands where there is nothing to show: because there is nothing, not yet, or no right to it. */

import { html } from "../vendor/third-party.js";
import { may } from "../state/session.js";
import { needs } from "./action.js";
import { Said } from "./said.js";

/**
 * Nothing is there. Say what to do next.
 * @param {{ title: string, children?: any }} props
 */
export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`;
}

/** @param {{ what?: string }} props */
export function Loading({ what = "Loading" }) {
  return html`<p class="loading" role="status">${what}…</p>`;
}

/**
 * An error that takes the place of what was asked for.
 * @param {{ problem: { message: string, id?: string, status?: number }, again?: () => void }} props
 */
export function Failure({ problem, again }) {
  return html`
    <div class="failure" role="alert">
      <p><${Said} text=${problem.message} /></p>
      ${problem.id && html`<p class="dim">Its record: <code><${Said} text=${problem.id} /></code></p>`}
      ${again && html`<button type="button" class="action" onClick=${again}>Try again</button>`}
    </div>
  `;
}

/**
 * One answer of `useAnswer`: what it holds, or why there is nothing. The last value stays while a newer one is asked
 * for, also if that fails.
 * @param {{ of: import("../state/answers.js").Asked<any>, children: (value: any) => any }} props
 */
export function Shown({ of, children }) {
  if (of.value === undefined) {
    return of.problem ? html`<${Failure} problem=${of.problem} again=${of.again} />` : html`<${Loading} />`;
  }
  return html`${of.problem && html`<${Failure} problem=${of.problem} again=${of.again} />`}${children(of.value)}`;
}

/**
 * What only some sessions may see.
 * @param {{ scope: string | string[] | undefined, what: string, children?: any }} props `what`: `the log`
 */
export function Allowed({ scope, what, children }) {
  if (may(scope)) return children;
  return html`
    <div class="empty">
      <p class="empty-title">This session may not see ${what}</p>
      <p>It ${needs(scope)}. An administrator grants the scope to your client, or maps it to your sign-in.</p>
    </div>
  `;
}
