import { html } from "../../vendor/third-party.js";
import { del, get, post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Failure, Loading } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { confirmed } from "../../state/questions.js";
import { at, part } from "../../state/router.js";
import { tell } from "../../state/toasts.js";
import { counted } from "../../text/numbers.js";
import { figures, rate } from "./sides.js";
import { StartRollout } from "./start_rollout.js";

const SCOPE = "update:rules";
const LOOK_AGAIN_MS = 2_000;
const VERDICTS = /** @type {Record<string, string>} */ ({ pass: "good", fail: "bad", too_few: "plain" });
const STATES = /** @type {Record<string, string>} */ ({ running: "warn", promoted: "good", rolled_back: "bad" });

/** The rollout of a rule's version. @param {{ rule: import("./versions.js").KnownRule }} props */
export function Canary({ rule }) {
  const path = `/api/v2/rules/${part(rule.id)}/rollout`;
  const { value, problem, again } = useAnswer(
    async (signal) => {
      try {
        return { rollout: (await get(path, { signal })).body };
      } catch (error) {
        if (/** @type {any} */ (error).status === 404) return { rollout: null };
        throw error;
      }
    },
    [rule.id],
    { everyMs: LOOK_AGAIN_MS },
  );
  if (!value) {
    return problem
      ? html`<${Failure} problem=${problem} again=${again} />`
      : html`<${Loading} what="Reading the rollout" />`;
  }
  const { rollout } = value;
  return html`
    ${problem && html`<${Failure} problem=${problem} again=${again} />`}
    ${rollout && html`<${Rollout} rollout=${rollout} path=${path} again=${again} />`}
    ${rollout?.state !== "running" && html`<${StartRollout} rule=${rule} path=${path} again=${again} />`}
  `;
}

/** @param {{ rollout: any, path: string, again: () => void }} props */
function Rollout({ rollout, path, again }) {
  const { kind, state, version, running_version, steps, step, started_at, ended_at, reason, verdict, why } = rollout;
  const running = state === "running";
  const promote = async () => {
    const breaks = [`Version ${version} decides for all clients at once, before the rollout says that it may.`];
    if (!await confirmed({ title: `Promote version ${version}`, breaks, yes: "Promote" })) return;
    await post(`/api/v2/rules/${part(rollout.rule_id)}/versions/${version}/deploy`);
    tell(`Version ${version} runs for all`);
    again();
  };
  const stop = async () => {
    await del(path);
    tell(`Version ${running_version} goes on for all`);
    again();
  };
  return html`
    <section class="card" aria-label="Rollout">
      <div class="head"><h2>Version ${version} as a ${kind} <span class=${`badge ${STATES[state] ?? "plain"}`}>${state
        .replaceAll("_", " ")}</span></h2>
        ${running && html`
          <div class="actions">
            <${Action} scope=${SCOPE} run=${promote}>Promote<//>
                    <${Action} scope=${SCOPE} kind="danger" run=${stop}>Stop<//></div>
        `}</div>
      <p class="dim about-line"><span>began <${Moment} at=${started_at} /></span>
        ${ended_at && html`<span>ended <${Moment} at=${ended_at} /></span>`}</p>
      <ol class="steps" aria-label="Steps">${steps.map((/** @type {number} */ each, /** @type {number} */ index) =>
        html`
          <li key=${index} class=${index < step ? "past" : index === step ? "present" : ""}
            aria-current=${index === step ? "step" : undefined}>${each} %</li>
        `
      )}</ol>
      ${verdict &&
        html`<p role="status"><span class=${`badge ${VERDICTS[verdict]}`}>${verdict.replaceAll("_", " ")}</span>
        <${Said} text=${why} most=${600} /></p>`}
      ${reason && html`
        <p class=${state === "rolled_back" ? "wrong" : ""}>
          <${Said} text=${reason} most=${600} />
        </p>
      `}
      ${kind === "shadow" ? html`<${Shadow} rollout=${rollout} />` : html`<${Sides} rollout=${rollout} />`}
    </section>
  `;
}

/** @param {{ rollout: any }} props */
function Sides({ rollout }) {
  const { counts, version, step, steps } = rollout;
  const old = counts.find((/** @type {any} */ each) => each.version !== version)?.version;
  const sides = [
    {
      says: old ? `Version ${old}` : "The version before",
      fits: (/** @type {any} */ each) => each.version !== version,
    },
    { says: `Version ${version}, the canary`, fits: (/** @type {any} */ each) => each.version === version },
  ];
  return html`
    <div class="table" role="region" aria-label="The two versions" tabindex="0">
      <table class="sides">
        <thead>
          <tr><th scope="col">Step</th>${sides.map(({ says }) =>
            html`<th key=${says} scope="colgroup" colspan="3">${says}</th>`
          )}</tr>
          <tr><td></td>${sides.map(({ says }) =>
            ["requests", "failed", "refused"].map((each) =>
              html`
                <th key=${says + each} scope="col" class="right">${each}</th>
              `
            )
          )}</tr>
        </thead>
        <tbody>
        ${steps.slice(0, step + 1).map((/** @type {number} */ share, /** @type {number} */ at) =>
          html`
            <tr key=${at} class=${at === step ? "present" : "dim"}><th scope="row">${share} %</th>
              ${sides.map(({ says, fits }) =>
                html`<${Figures} key=${says} of=${figures(counts, (each) => each.step === at && fits(each))} />`
              )}</tr>
          `
        )}
        ${step > 0 && html`<tr><th scope="row">all</th>${
          sides.map(({ says, fits }) =>
            html`
              <${Figures} key=${says} of=${figures(counts, fits)} />
            `
          )
        }</tr>`}
      </tbody>
      </table>
    </div>
  `;
}

/** @param {{ of: { requests: number, failed: number, denied: number } }} props */
function Figures({ of: { requests, failed, denied } }) {
  return html`
    <td class="right">${counted(requests)}</td>
    <td class="right">${counted(failed)} <small class="dim">${rate(failed, requests)}</small></td>
    <td class="right">${counted(denied)} <small class="dim">${rate(denied, requests)}</small></td>
  `;
}

/** @param {{ rollout: any }} props */
function Shadow({ rollout }) {
  const { equal, different, unknown, dropped } = rollout.shadow ?? {};
  return html`
    <dl class="tallies">
      <div class="tally">
        <dt>equal</dt>
        <dd class="good">${counted(equal)}</dd>
      </div>
      <div class="tally">
        <dt>different</dt>
        <dd class=${different ? "bad" : ""}>${counted(different)}</dd>
      </div>
      <div class="tally">
        <dt>cannot be told</dt>
        <dd>${counted(unknown)}</dd>
      </div>
      <div class="tally">
        <dt>dropped</dt>
        <dd>${counted(dropped)}</dd>
      </div>
    </dl>
    <p><a href=${at("/logs", { rule: rollout.rule, type: "diff" })}>Each difference in the log</a></p>
  `;
}
