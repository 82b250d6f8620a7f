import { payloadOf, stepsOf } from "../../state/trial_steps.js";
import { local } from "../../text/moments.js";
import { duration } from "../../text/numbers.js";
import { html } from "../../vendor/third-party.js";
import { Said } from "../said.js";
import { Waterfall } from "../waterfall.js";

/** @typedef {import("../../api/trials.js").Trial} Trial */

const KINDS = /** @type {Record<string, string>} */ ({ granted: "good", denied: "warn", not_run: "plain" });

/**
 * How a trial ended: the token's payload, what was left out and why, lines, calls, and where the time went.
 * @param {{ trial: Trial, inputs: import("../../api/trials.js").Inputs, rule: string, goTo?: (line: number, column: number) => void }} props
 */
export function TrialResult({ trial, inputs, rule, goTo }) {
  const { error } = trial;
  return html`
    <div class="trial">
      <p class="trial-head"><${Outcome} of=${trial.outcome} /> <span class="dim">${duration(
        trial.duration_ms,
      )}</span></p>
      ${(trial.remarks ?? []).map((each) => html`<p key=${each} class="warn">But <${Said} text=${each} /></p>`)}
      ${error && html`<${TrialError} error=${error} goTo=${goTo} />`}
      ${trial.outcome === "granted" && html`
        <h3>Payload of the token</h3>
        <pre tabindex="0" aria-label="Payload of the token"><${Said} text=${JSON.stringify(
          payloadOf(trial, inputs),
          null,
          2,
        )} lines most=${20_000} /></pre>
        <p class="dim note">and iss, azp, gty, iat, exp and jti, as in every token</p>
      `}
      <${LeftOut} of=${trial.dropped} />
      ${trial.flow && html`<${Flow} rules=${trial.flow} />`}
      <${Lines} lines=${trial.lines} more=${trial.lines_left_out} />
      <${Calls} calls=${trial.calls} />
      <h3>Time</h3>
      <${Waterfall} steps=${stepsOf(trial, rule)} />
    </div>
  `;
}

/** @param {{ of: string }} props */
export function Outcome({ of }) {
  return html`<span class=${`badge ${KINDS[of] ?? "bad"}`}><${Said} text=${
    of.replaceAll("_", " ")
  } most=${60} /></span>`;
}

/** @param {{ error: NonNullable<Trial["error"]>, goTo?: (line: number, column: number) => void }} props */
function TrialError({ error, goTo }) {
  const { line, column, file, message, code, detail } = error;
  const place = line ? `${file ?? "line"}:${line}${column ? `:${column}` : ""}` : "";
  return html`
    <div class="failure">
      <p><b><${Said} text=${code} most=${80} /></b> <${Said} text=${message} lines /></p>
      ${place && (goTo
        ? html`<button type="button" class="action quiet" onClick=${() => goTo(line ?? 1, column ?? 1)}>
            Go to <${Said} text=${place} most=${120} /></button>`
        : html`
          <p class="dim">
            <${Said} text=${place} most=${120} />
          </p>
        `)}
      ${detail.includes("\n") && html`
        <details>
          <summary>The whole text</summary>
          <pre tabindex="0"><${Said} text=${detail}
                lines most=${8000} /></pre>
        </details>
      `}
    </div>
  `;
}

/** @param {{ of: import("../../api/trials.js").LeftOut[] }} props */
function LeftOut({ of }) {
  if (!of.length) return null;
  return html`
    <h3>Left out</h3>
    <ul class="plain">${of.map(({ name, why }, index) =>
      html`
        <li
          key=${index}><code><${Said} text=${name} most=${200} /></code> <span class="dim"><${Said} text=${why} /></span></li>
      `
    )}</ul>
  `;
}

/** @param {{ rules: import("../../api/trials.js").TriedRule[] }} props */
function Flow({ rules }) {
  return html`
    <h3>The flow</h3>
    ${!rules.length && html`<p class="dim">No rule is for this client and this API.</p>`}
    <ol class="plain">${rules.map((each, index) =>
      html`
        <li key=${index} class="flow-step">
          <b><${Said} text=${each.rule} most=${100} /></b>
          <span class="dim">${each.version ? ` v${each.version}` : " this text"}</span> <${Outcome} of=${each
            .outcome} />
          <${Changes} rule=${each} />
        </li>
      `
    )}</ol>
  `;
}

/** @param {{ rule: import("../../api/trials.js").TriedRule }} props */
function Changes({ rule }) {
  const changes = [
    ...rule.scope_added.map((name) => ({ sign: "+", name: `scope ${name}`, value: "" })),
    ...rule.scope_removed.map((name) => ({ sign: "−", name: `scope ${name}`, value: "" })),
    ...Object.entries(rule.claims_added).map(([name, value]) => ({ sign: "+", name, value: JSON.stringify(value) })),
    ...Object.entries(rule.claims_changed).map(([name, { before, after }]) => ({
      sign: "±",
      name,
      value: `${JSON.stringify(before)} → ${JSON.stringify(after)}`,
    })),
  ];
  return html`<ul class="plain changes">${
    changes.map(({ sign, name, value }, index) =>
      html`
        <li
          key=${index}><span class="sign">${sign}</span> <${Said} text=${name} most=${200} /> <code><${Said}
              text=${value} most=${400} /></code></li>
      `
    )
  }</ul>`;
}

/** @param {{ lines: import("../../api/trials.js").Line[], more: number }} props */
function Lines({ lines, more }) {
  if (!lines.length) return null;
  return html`
    <h3>Log</h3>
    <ol class="plain lines">${lines.map(({ ts, level, message }, index) =>
      html`
        <li key=${index}
          class=${`line ${level}`}><time class="dim" datetime=${ts}>${local(ts, {
            milliseconds: true,
          })}</time> <span class="level">${level}</span> <${Said} text=${message} lines most=${4000} /></li>
      `
    )}</ol>
    ${more > 0 && html`<p class="dim">and ${more} more, which are not kept</p>`}
  `;
}

/** @param {{ calls: import("../../api/trials.js").Call[] }} props */
function Calls({ calls }) {
  if (!calls.length) return null;
  return html`
    <h3>Calls</h3>
    <ul class="plain">${calls.map(({ method, host, status, duration_ms, error }, index) =>
      html`<li key=${index}><code><${Said} text=${`${method} ${host}`} most=${300} /></code> ${status ?? "no answer"}
        <span class="dim"> ${duration(duration_ms)}</span> ${
        error && html`<span class="wrong"><${Said} text=${error} /></span>`
      }</li>`
    )}</ul>
  `;
}
