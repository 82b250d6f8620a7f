/** A trial of a rule as it runs, or of the whole flow, on a token request: recorded, of a client, or by hand. */

import { listRules } from "../../api/rules.js";
import { readExchange } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { Keys } from "../../components/keys.js";
import { Said } from "../../components/said.js";
import { Empty, Failure } from "../../components/states.js";
import { TrialInputs } from "../../components/trial/inputs.js";
import { TrialResult } from "../../components/trial/result.js";
import { useAnswer } from "../../state/answers.js";
import { keptDraft } from "../../state/drafts.js";
import { at, part, refine } from "../../state/router.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { complain } from "../../state/toasts.js";
import { FIRST_INPUTS, inputsIn, inputsOfExchange, keepInputs, spelledInputs } from "../../state/trial_inputs.js";
import { useTrial } from "../../state/trials.js";
import { keymap, Prec } from "../../vendor/code-editor.js";
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/third-party.js";

const DRAFT = "try";
const RUN = "Mod-Enter";

/** @param {{ query: Record<string, string> }} props */
export default function TryPage({ query }) {
  const [text, setText] = useState(() => keptDraft(DRAFT) ?? spelledInputs(FIRST_INPUTS));
  const [live, setLive] = useState(true);
  const [missing, setMissing] = useState(/** @type {any} */ (null));
  const rules = useAnswer(listRules, []);
  useEffect(() => keepInputs(DRAFT, text), [text]);
  useExample(query, setText, setMissing);
  const rule = rules.value?.find((each) => each.id === query.rule);
  const { inputs, problem } = useMemo(() => inputsIn(text), [text]);
  const wanted = () => {
    if (!inputs || (query.rule && !rule)) return null;
    return { body: { ...inputs, ...(rule ? { rule_id: rule.id, flow: !!query.flow } : { flow: true }) } };
  };
  const calls = (rules.value ?? []).some((each) =>
    each.allow_hosts.length && (rule && !query.flow ? each === rule : each.enabled)
  );
  const trying = useTrial(wanted, () => live && rules.value && !calls && !trying.slow ? wanted() : null, [
    text,
    rule?.id,
    query.flow,
    live,
    rules.value,
  ]);
  const run = () => trying.run();
  useShortcuts([{ keys: RUN, says: "Try", run: () => void run().catch(complain) }]);
  const extensions = useRunKey(run);
  return html`
    <div class="head">
      <h1>Try</h1>
      <${Action} scope="update:rules" kind="main" keys=${RUN} disabled=${!!problem}
        run=${run}>Try <${Keys} keys=${RUN} /><//>
    </div>
    <p class="dim intro">A trial runs in the sandbox as a token request does, and makes no token and no record.</p>
    ${missing && html`<${Failure} problem=${missing} />`}
    <div class="columns">
      <section class="card" aria-label="What is tried">
        <${What} rules=${rules.value ?? []} rule=${rule} query=${query} live=${live} setLive=${setLive} />
        <${TrialInputs} text=${text} problem=${problem} rule=${rule
          ?.name} onChange=${setText} extensions=${extensions} />
        ${live && (calls || trying.slow) &&
          html`<p class="dim note">${
            calls ? "A rule may call other services, and a trial's calls are real" : "It took long the last time"
          }: it runs only when you press Try.</p>`}
      </section>
      <section class="card" aria-label="How it ended">
        ${trying.problem && html`<${Failure} problem=${trying.problem} />`}
        ${trying.trial && trying.of
          ? html`<${TrialResult} trial=${trying.trial} inputs=${trying.of.body} rule=${rule?.name ?? ""} />`
          : html`
            <${Empty} title="Nothing was tried yet">
              <p>Choose a request, or write one, and press Try.</p>
              <//>
          `}
      </section>
    </div>
  `;
}

/** @param {{ rules: import("../../api/rules.js").Rule[], rule?: import("../../api/rules.js").Rule, query: Record<string, string>, live: boolean, setLive: (live: boolean) => void }} props */
function What({ rules, rule, query, live, setLive }) {
  return html`
    <div class="actions what">
      <label class="choice">What runs
        <select value=${query.rule ?? ""} onChange=${(/** @type {any} */ event) =>
          refine({ rule: event.currentTarget.value })}>
          <option value="">the whole flow</option>
          ${rules.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}
        </select></label>
      ${rule && html`
        <label class="check"><input type="checkbox" checked=${!!query.flow} onChange=${(/** @type {any} */ event) =>
          refine({ flow: event.currentTarget.checked ? "1" : "" })} /> with the other rules</label>
        <a href=${at(`/rules/${part(rule.id)}`)}>Edit <${Said} text=${rule.name} most=${60} /></a>
      `}
      <label class="check"><input type="checkbox" checked=${live} onChange=${(/** @type {any} */ event) =>
        setLive(event.currentTarget.checked)} /> as I type</label>
    </div>
  `;
}

/**
 * The request that the address names takes the place of what was there, once.
 * @param {Record<string, string>} query
 * @param {(text: string) => void} setText
 * @param {(problem: any) => void} setMissing
 */
function useExample({ exchange, client }, setText, setMissing) {
  useEffect(() => {
    setMissing(null);
    if (exchange) {
      readExchange(exchange).then((record) => setText(spelledInputs(inputsOfExchange(record))), setMissing);
    } else if (client) setText(spelledInputs({ client }));
  }, [exchange, client]);
}

/** @param {() => Promise<void>} run */
function useRunKey(run) {
  const newest = useRef(run);
  newest.current = run;
  return useMemo(() => [
    Prec.highest(keymap.of([{
      key: RUN,
      run: () => {
        newest.current().catch(complain);
        return true;
      },
    }])),
  ], []);
}
