import { Said } from "../../components/said.js";
import { needs } from "../../components/action.js";
import { duration } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";

/**
 * Whether the text loads, in one line under it.
 * @param {{ trying: import("../../state/trials.js").Trying, problem: ReturnType<typeof import("../../state/rule_problems.js").problemIn>, goTo: (line: number, column: number) => void, writable: boolean }} props
 */
export function StatusLine({ trying, problem, goTo, writable }) {
  if (!writable) return html`<p class="status-line dim" role="status">Read only: it ${needs("update:rules")}</p>`;
  const { checked, running } = trying;
  return html`
    <p class="status-line" role="status">
      ${problem
        ? html`<button type="button" class="link wrong" onClick=${() => goTo(problem.line ?? 1, problem.column ?? 1)}>
            ${
          problem.line ? `${problem.line}:${problem.column ?? 1} ` : ""
        }<${Said} text=${problem.message} most=${300} />
          </button>`
        : trying.problem
        ? html`<span class="wrong"><${Said} text=${trying.problem.message} most=${300} /></span>`
        : checked
        ? html`<span class="good">It loads</span>`
        : html`<span class="dim">Not checked yet</span>`}
      <span class="dim">${running ? "checking…" : checked?.trial ? duration(checked.trial.duration_ms) : ""}</span>
    </p>
  `;
}
