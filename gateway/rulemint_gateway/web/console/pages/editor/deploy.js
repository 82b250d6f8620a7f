import { backtest, deployVersion, readVersion } from "../../api/rules.js";
import { needs } from "../../components/action.js";
import { Merge } from "../../components/code/merge.js";
import { Dialog } from "../../components/dialog.js";
import { Said } from "../../components/said.js";
import { Failure, Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { at } from "../../state/router.js";
import { changesOf, FIELD_NAMES, powerDifference, textOf } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { tell } from "../../state/toasts.js";
import { several } from "../../text/numbers.js";
import { html, useEffect, useRef, useState } from "../../vendor/third-party.js";

const RECORDS = 50;

/**
 * What changes if a version goes live: its text, what it may use, what it was seen to use, and tokens.
 * @param {{ editing: import("./editing.js").Editing, number: number, close: () => void }} props
 */
export function Deploy({ editing, number, close }) {
  const { rule, id } = editing;
  const read = useAnswer(async (signal) => {
    const after = await readVersion(id, number, signal);
    return { after, before: rule.version ? await readVersion(id, rule.version, signal) : null };
  }, [number]);
  const yes = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => yes.current?.focus(), [read.value]); // it cannot be pressed before there is something to see
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const deploy = async (/** @type {boolean} */ force) => {
    setBusy(true);
    setProblem(null);
    try {
      const now = await editing.guarded(() => deployVersion(id, number, { ifMatch: editing.etag, force }));
      editing.setRule(now.rule, now.etag);
      await editing.readAgain();
      tell(
        `v${number} of ${rule.name} ${rule.enabled ? "runs, from the next token" : "is deployed, and the rule is off"}`,
      );
      close();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const red = problem?.code === "red_cases" ? problem.body.cases : null;
  const back = number < rule.version;
  return html`
    <${Dialog} title=${`${back ? "Roll back" : "Deploy"} ${rule.name}: v${
      rule.version || "–"
    } → v${number}`} close=${close}
      class="wide-dialog">
      <${Shown} of=${read}>${(/** @type {any} */ both) => html`<${Differences} ...${both} />`}<//>
      ${rule.version > 0 && html`<${Tokens} id=${id} number=${number} />`}
      ${problem && !red && html`<${Failure} problem=${problem} />`}
      ${red && html`<${RedCases} cases=${red} />`}
      <p class="actions">
        <button type="button" class="action" onClick=${close}>Cancel</button>
        ${red
          ? html`<button type="button" class="action danger" disabled=${busy} onClick=${() =>
            deploy(true)}>Deploy all the same</button>`
          : html`
            <button type="button" class="action main" ref=${yes} disabled=${busy || !read.value || !may("update:rules")}
              aria-busy=${busy} onClick=${() => deploy(false)}>${back ? "Roll back" : "Deploy"}</button>
          `}
      </p>
      <//>
  `;
}

/** @param {{ before: import("../../api/rules.js").Version | null, after: import("../../api/rules.js").Version }} props */
function Differences({ before, after }) {
  const fields = before
    ? Object.keys(changesOf(textOf(after), textOf(before))).filter((name) => name !== "script")
    : [];
  const power = before ? powerDifference(before.power, after.power) : null;
  return html`
    ${after.message && html`
      <p class="about">
        <${Said} text=${after.message} />
      </p>
    `}
    ${before && before.script === after.script ? html`<p class="dim">The text is the same.</p>` : html`
      <${Merge} label="The text" before=${before?.script ?? ""} after=${after.script}
        beforeName=${before ? `runs, v${before.number}` : "nothing runs"} afterName=${`v${after.number}`}
        language=${after.language} />
    `}
    <dl class="deployed">
      ${fields.map((name) =>
        html`
          <${Fact} key=${name} name=${FIELD_NAMES[name]} before=${/** @type {any} */ (before)?.[name]}
            after=${/** @type {any} */ (after)[name]} />
        `
      )}
      <dt>Power</dt>
      <dd>${power === null
        ? html`<span class="dim">not known: tests of both versions would show it</span>`
        : power.length === 0
        ? html`<span class="dim">the same, over its tests</span>`
        : power.map(({ sign, kind, name }, index) =>
          html`
            <span key=${index} class=${`badge ${sign === "+" ? "warn" : "plain"}`}>${sign} ${kind} <${Said} text=${name}
                        most=${80} /></span>
          `
        )}</dd>
    </dl>
  `;
}

/** @param {{ name: string, before: unknown, after: unknown }} props */
function Fact({ name, before, after }) {
  const shown = (/** @type {any} */ value) =>
    name === "tests" ? several(value?.length ?? 0, "test") : typeof value === "string" ? value : JSON.stringify(value);
  return html`
    <dt>${name}</dt>
    <dd><${Said} text=${shown(before)} most=${200} /> → <${Said} text=${shown(after)} most=${200} /></dd>
  `;
}

/** @param {{ id: string, number: number }} props */
function Tokens({ id, number }) {
  const allowed = may("read:exchange_inputs") && may("update:rules");
  const found = useAnswer((signal) => backtest(id, number, { take: RECORDS, signal }), [id, number], { when: allowed });
  if (!allowed) return html`<p class="dim">What it changes in recorded tokens: ${needs("read:exchange_inputs")}</p>`;
  return html`
    <h3>Tokens</h3>
    ${found.loading && html`<p class="dim" role="status">Comparing with the newest ${RECORDS} recorded requests…</p>`}
    ${found.problem && html`<p class="dim">Not compared: <${Said} text=${found.problem.message} /></p>`}
    ${found.value && html`<${Groups} of=${found.value} />`}
  `;
}

/** @param {{ of: any }} props */
function Groups({ of }) {
  const { coverage, groups } = of;
  if (!coverage.replayed) {
    return html`<p class="dim">No request of this rule was recorded to compare with${
      coverage.reasons.length ? html`: <${Said} text=${coverage.reasons[0]} />` : ""
    }.</p>`;
  }
  return html`
    <p class=${groups.length ? "" : "good"}>${groups.length ? "" : "No token changes, of "}${groups.length
      ? `Of ${several(coverage.replayed, "recorded request")}:`
      : several(coverage.replayed, "recorded request")}</p>
    <ul class="plain">${groups.map((
      /** @type {any} */ { client_id, client_name, kind, count, examples },
      /** @type {number} */ index,
    ) =>
      html`
        <li
          key=${index}><span class=${`badge ${
            kind.startsWith("newly_d") || kind === "newly_failed" ? "bad" : "warn"
          }`}>${kind.replaceAll("_", " ")}</span> ${several(count, "request")} of <${Said} text=${client_name ||
            client_id} most=${80} />
                ${examples.slice(0, 3).map((/** @type {any} */ each) =>
                  html`
                    <a key=${each.exchange_id} href=${at(
                      `/exchanges/${each.exchange_id}`,
                    )} target="_blank" rel="noopener"
                      title=${each.exchange_id}>…${each.exchange_id.slice(-6)}</a>
                  `
                )}</li>
      `
    )}</ul>
  `;
}

/** @param {{ cases: { name: string, differences: string[] }[] }} props */
function RedCases({ cases }) {
  return html`
    <div class="failure" role="alert">
      <p><b>${several(cases.length, "test")} red</b>, so it does not go live. Change the rule or the tests.</p>
      <ul>${cases.map((each, index) =>
        html`
          <li key=${index}>
            <${Said} text=${each.name} most=${200} />
            <ul class="red-lines">${each.differences.map((line, at) =>
              html`
                <li key=${at}>
                  <${Said} text=${line} most=${500} />
                </li>
              `
            )}</ul>
          </li>
        `
      )}</ul>
    </div>
  `;
}
