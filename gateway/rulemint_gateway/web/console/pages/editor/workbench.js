import { Editor, offsetOf } from "../../components/code/editor.js";
import { ruleTypes } from "../../components/code/completion.js";
import { Panels } from "../../components/panels.js";
import { keptDraft } from "../../state/drafts.js";
import { refine } from "../../state/router.js";
import { diagnosticsOf, problemIn } from "../../state/rule_problems.js";
import { checkedFields, triedFields } from "../../state/rule_texts.js";
import { may } from "../../state/session.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { complain, tell } from "../../state/toasts.js";
import { FIRST_INPUTS, inputsIn, keepInputs, spelledInputs } from "../../state/trial_inputs.js";
import { useTrial } from "../../state/trials.js";
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/third-party.js";
import { keymap, Prec } from "../../vendor/code-editor.js";
import { Deploy } from "./deploy.js";
import { useEditing } from "./editing.js";
import { Head } from "./head.js";
import { MergeTheirs } from "./merge_theirs.js";
import { Permissions } from "./permissions.js";
import { RuleFields } from "./rule_fields.js";
import { Secrets } from "./secrets.js";
import { StatusLine } from "./status_line.js";
import { Tests } from "./tests.js";
import { TryPanel } from "./try_panel.js";
import { Versions } from "./versions.js";

const KEYS = /** @type {const} */ ({ save: "Mod-s", try: "Mod-Enter", deploy: "Mod-Shift-Enter" });

/** @param {{ id: string, first: import("./editing.js").Read, query: Record<string, string> }} props */
export function Workbench({ id, first, query }) {
  const editing = useEditing(id, first);
  const { text, rule } = editing;
  const [deploying, setDeploying] = useState(/** @type {number | null} */ (null));
  const [inputsText, setInputsText] = useKeptInputs(id);
  const [flow, setFlow] = useState(false);
  const [live, setLive] = useState(true);
  const view = useRef(/** @type {any} */ (null));
  const writable = may("update:rules");
  const { inputs, problem: inputsProblem } = useMemo(() => inputsIn(inputsText), [inputsText]);
  const check = () => ({ check: { rule_id: id, ...checkedFields(text) }, text: text.script });
  const whole = () => inputs ? { ...check(), body: { ...inputs, rule_id: id, ...triedFields(text), flow } } : null;
  const trying = useTrial(
    whole,
    () => !writable ? null : live && !trying.slow && !text.allow_hosts.length && inputs ? whole() : check(),
    [text.script, text.language, text.allow_hosts, text.dependencies, text.limits, inputsText, flow, live],
  );
  const problem = trying.checked ? problemIn(trying.checked) : null;
  const diagnostics = useMemo(
    () => trying.checked?.of.text === text.script ? diagnosticsOf(text.script, problem, offsetOf) : [],
    [trying.checked, text.script],
  );
  const tab = query.tab || "try";
  const actions = {
    save: async () => {
      if (!writable) return;
      if (!editing.changed) tell("There is nothing to save");
      else await editing.save();
    },
    try: async () => {
      if (!writable) return;
      refine({ tab: "try" });
      await trying.run();
    },
    deploy: async () => {
      if (!writable) return;
      setDeploying((await editing.save()).number);
    },
  };
  useShortcuts([
    { keys: KEYS.save, says: "Save the draft", run: () => settled(actions.save()) },
    { keys: KEYS.try, says: "Try the rule", run: () => settled(actions.try()) },
    { keys: KEYS.deploy, says: "Deploy after a look at what changes", run: () => settled(actions.deploy()) },
  ]);
  const extensions = useEditorKeys(actions, text.language);
  const goTo = (/** @type {number} */ line, /** @type {number} */ column) => {
    const at = offsetOf(text.script, line, column);
    view.current?.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    view.current?.focus();
  };
  const tabs = [
    {
      name: "try",
      says: "Try",
      show: () =>
        html`
          <${TryPanel} rule=${rule} trying=${trying} text=${inputsText} problem=${inputsProblem} onChange=${setInputsText}
            flow=${flow} setFlow=${setFlow} live=${live} setLive=${setLive} editing=${editing} goTo=${goTo}
            extensions=${extensions.json} run=${actions.try} />
        `,
    },
    { name: "tests", says: `Tests ${text.cases.length || ""}`, show: () => html`<${Tests} editing=${editing} />` },
    {
      name: "versions",
      says: "Versions",
      show: () => html`<${Versions} editing=${editing} deploy=${setDeploying} />`,
    },
    { name: "permissions", says: "Permissions", show: () => html`<${Permissions} editing=${editing} />` },
    { name: "secrets", says: "Secrets", show: () => html`<${Secrets} id=${id} />` },
    { name: "rule", says: "Rule", show: () => html`<${RuleFields} editing=${editing} />` },
  ];
  return html`
    <${Head} editing=${editing} actions=${actions} keys=${KEYS} problem=${problem} />
    <div class="workbench">
      <section class="work" aria-label="The text">
        <${Editor} label=${`Text of ${rule.name}`} value=${text.script} language=${text.language} readOnly=${!writable}
          onChange=${(/** @type {string} */ script) => editing.set({ script })} extensions=${extensions.script}
          diagnostics=${diagnostics} onReady=${(/** @type {any} */ made) => (view.current = made)} class="tall" />
        <${StatusLine} trying=${trying} problem=${problem} goTo=${goTo} writable=${writable} />
      </section>
      <section class="beside" aria-label="Beside the text">
        <${Panels} label="About the rule" tabs=${tabs} chosen=${tab} choose=${(/** @type {string} */ name) =>
          refine({ tab: name })} />
      </section>
    </div>
    ${deploying !== null &&
      html`<${Deploy} editing=${editing} number=${deploying} close=${() => setDeploying(null)} />`}
    ${editing.theirs && html`<${MergeTheirs} editing=${editing} theirs=${editing.theirs} />`}
  `;
}

/**
 * The inputs of a rule's trials, kept in the browser.
 * @param {string} id
 * @returns {[string, (text: string) => void]}
 */
function useKeptInputs(id) {
  const [text, setText] = useState(() => keptDraft(`try/${id}`) ?? spelledInputs(FIRST_INPUTS));
  useEffect(() => keepInputs(`try/${id}`, text), [id, text]);
  return [text, setText];
}

/** @param {Promise<unknown>} doing */
const settled = (doing) => void doing.catch(complain);

/**
 * The keys of the page also hold in its editors, where CodeMirror hears them first.
 * @param {{ save: () => Promise<void>, try: () => Promise<void>, deploy: () => Promise<void> }} actions
 * @param {string} language
 */
function useEditorKeys(actions, language) {
  const newest = useRef(actions);
  newest.current = actions;
  return useMemo(() => {
    const keys = Prec.highest(keymap.of(
      /** @type {(keyof typeof KEYS)[]} */ (Object.keys(KEYS)).map((name) => ({
        key: KEYS[name],
        run: () => {
          settled(newest.current[name]());
          return true;
        },
      })),
    ));
    return { script: [keys, ruleTypes(language)], json: [keys] };
  }, [language]);
}
