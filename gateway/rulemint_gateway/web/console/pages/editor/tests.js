import { tried } from "../../api/trials.js";
import { Action } from "../../components/action.js";
import { Editor } from "../../components/code/editor.js";
import { Said } from "../../components/said.js";
import { Empty } from "../../components/states.js";
import { dropDraft, keepDraft, keptDraft } from "../../state/drafts.js";
import { triedFields } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { inputsOfCase } from "../../state/trial_inputs.js";
import { plainly } from "../../text/hostile.js";
import { several } from "../../text/numbers.js";
import { html, useEffect, useRef, useState } from "../../vendor/third-party.js";

/** @typedef {{ differences: string[] } | { problem: string }} Result */

const AT_ONCE = 2;

/**
 * The tests of the text, and whether they hold.
 * @param {{ editing: import("./editing.js").Editing }} props
 */
export function Tests({ editing }) {
  const { text, id } = editing;
  const [results, setResults] = useState(/** @type {Map<string, Result>} */ (new Map()));
  const [running, setRunning] = useState(false);
  const draft = `tests/${id}`;
  const [written, setWritten] = useState(() => /** @type {string | null} */ (textIn(keptDraft(draft))));
  const ending = useRef(new AbortController());
  useEffect(() => () => ending.current.abort(), []);
  const run = async () => {
    ending.current.abort();
    const { signal } = ending.current = new AbortController();
    setRunning(true);
    setResults(new Map());
    const left = [...text.cases];
    const work = async () => {
      for (let each = left.shift(); each && !signal.aborted; each = left.shift()) {
        const { name } = each;
        const result = await resultOf(each, { rule_id: id, ...triedFields(text) }, signal);
        if (!signal.aborted) setResults((before) => new Map(before).set(name, result));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (!signal.aborted) setRunning(false);
  };
  useEffect(() => {
    if (may("update:rules") && text.cases.length) run();
  }, [editing.number]);
  const red = text.cases.filter((each) => isRed(results.get(each.name)));
  if (written !== null) {
    return html`<${Written} text=${written} draft=${draft} done=${(/** @type {any[] | null} */ cases) => {
      if (cases) editing.set({ cases });
      dropDraft(draft);
      setWritten(null);
    }} />`;
  }
  const edit = () => setWritten(JSON.stringify(text.cases, null, 2));
  if (!text.cases.length) {
    return html`
      <${Empty} title="This text has no tests">
        <p>A version with tests goes live only if they hold. Try the rule and keep what you see as a test, or write them.</p>
        <p>
          <${Action} scope="update:rules" run=${edit}>Write tests<//></p>
        <//>
    `;
  }
  return html`
    <div class="actions">
      <${Action} scope="update:rules" kind="main" run=${run} disabled=${running}>Run all<//>
      <${Action} scope="update:rules" run=${edit}>Edit as JSON<//>
      <span role="status" class=${red.length ? "wrong" : "dim"}>${running
        ? "Running…"
        : results.size
        ? red.length ? `${red.length} of ${several(text.cases.length, "test")} red` : "All green"
        : ""}</span>
    </div>
    <ul class="plain tests">${text.cases.map((each) =>
      html`
        <li key=${each.name}>
          <${Mark} result=${results.get(each.name)} />
          <${Said} text=${each.name} most=${200} />
          <${Action} scope="update:rules" kind="quiet" label=${`Remove the test ${plainly(each.name)}`} run=${() =>
            editing.set({ cases: text.cases.filter((other) => other !== each) })}>✕<//>
          <${Differences} result=${results.get(each.name)} />
        </li>
      `
    )}</ul>
  `;
}

/** @param {{ result: Result | undefined }} props */
function Mark({ result }) {
  if (!result) return html`<span class="badge plain">not run</span>`;
  return isRed(result) ? html`<span class="badge bad">red</span>` : html`<span class="badge good">green</span>`;
}

/** @param {{ result: Result | undefined }} props */
function Differences({ result }) {
  if (!result || !isRed(result)) return null;
  const lines = "problem" in result ? [result.problem] : result.differences;
  return html`<ul class="red-lines">${
    lines.map((line, index) =>
      html`
        <li key=${index}>
          <${Said} text=${line} most=${500} />
        </li>
      `
    )
  }</ul>`;
}

/** @param {Result | undefined} result */
const isRed = (result) => result !== undefined && ("problem" in result || result.differences.length > 0);

/**
 * @param {import("../../api/rules.js").Case} given
 * @param {Record<string, any>} fields that describe the rule
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
async function resultOf(given, fields, signal) {
  try {
    const trial = await tried({ ...fields, ...inputsOfCase(given), expect: given.expect }, signal);
    return { differences: trial.differences ?? [] };
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message };
  }
}

/**
 * The tests as somebody writes them; they are kept in the browser until they are taken or given up.
 * @param {{ text: string, draft: string, done: (cases: any[] | null) => void }} props
 */
function Written({ text, draft, done }) {
  const [now, setNow] = useState(text === "[]" ? EXAMPLE : text);
  const write = (/** @type {string} */ text) => {
    setNow(text);
    keepDraft(draft, text);
  };
  const [problem, setProblem] = useState("");
  const take = () => {
    try {
      const cases = JSON.parse(now);
      if (!Array.isArray(cases) || cases.some((each) => typeof each?.name !== "string" || !each.expect)) {
        throw new Error("a list of tests, each with a name and expect");
      }
      done(cases);
    } catch (error) {
      setProblem(`Not taken: ${/** @type {Error} */ (error).message}`);
    }
  };
  return html`
    <${Editor} label="The tests, as JSON" language="json" value=${now} onChange=${write} />
    ${problem && html`
      <p class="wrong" role="alert">
        <${Said} text=${problem} />
      </p>
    `}
    <p class="actions">
      <${Action} kind="main" run=${take}>Take them<//>
      <${Action} run=${() => done(null)} title="The tests stay as they were">Discard<//></p>
  `;
}

/** @param {unknown} kept */
const textIn = (kept) => typeof kept === "string" ? kept : null;

const EXAMPLE = JSON.stringify(
  [{ name: "a gold client", client: { metadata: { plan: "gold" } }, scope: ["read"], expect: { scope: ["read"] } }],
  null,
  2,
);
