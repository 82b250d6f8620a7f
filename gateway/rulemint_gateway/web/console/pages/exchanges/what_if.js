import { html, useId, useState } from "../../vendor/third-party.js";
import { post } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Failure } from "../../components/states.js";
import { keepDraft, keptDraft } from "../../state/drafts.js";
import { part } from "../../state/router.js";
import { useShortcuts } from "../../state/shortcuts.js";
import { isList, PLACES, WAYS, withoutSecret, written } from "./changes.js";
import { NoTape } from "./inputs.js";
import { Result } from "./result.js";

/** @typedef {import("./changes.js").Change} Change */

const SCOPE = "update:rules";
const MOST = 20;
/** @type {Change} */
const NEW = { what: "client.metadata.", how: "=", value: "" };

/** The request with other inputs. @param {{ exchange: any }} props */
export function WhatIf({ exchange }) {
  const name = `what-if/${exchange.id}`;
  const [changes, setChanges] = useState(() => /** @type {Change[]} */ (keptDraft(name) ?? [NEW]));
  const [result, setResult] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const keep = (/** @type {Change[]} */ next) => {
    setChanges(next);
    keepDraft(name, next.map(withoutSecret));
  };
  const set = written(changes);
  const run = async () => {
    setProblem(null);
    try {
      setResult((await post(`/api/v2/exchanges/${part(exchange.id)}/replay`, { set })).body);
    } catch (error) {
      setResult(null);
      setProblem(error);
    }
  };
  useShortcuts([{ keys: "Mod-Enter", says: "Replay the changed request", run: () => set.length && run() }]);
  const change = (/** @type {number} */ index, /** @type {Partial<Change>} */ to) =>
    keep(changes.map((each, at) => at === index ? { ...each, ...to } : each));
  return html`
    <p class="dim">Change what the rules are given, and see what comes out. Nothing is called, written or signed.</p>
    <div class="changed-inputs" role="group" aria-label="Changes of the request">
      ${changes.map((each, index) =>
        html`
          <${OneChange} key=${index} of=${each} number=${index + 1}
            set=${(/** @type {Partial<Change>} */ to) => change(index, to)}
            drop=${() => keep(changes.filter((_, at) => at !== index))} />
        `
      )}
    </div>
    <p class="actions">
      <${Action} run=${() => keep([...changes, NEW])} disabled=${changes.length >= MOST}>Another change<//>
      <${Action} kind="main" scope=${SCOPE} run=${run} disabled=${!set.length} keys="Mod-Enter">What if?<//>
    </p>
    ${problem?.status === 404 ? html`<${NoTape} />` : problem && html`<${Failure} problem=${problem} />`}
    ${result && html`<${Result} result=${result} />`}
  `;
}

/** @param {{ of: Change, number: number, set: (to: Partial<Change>) => void, drop: () => void }} props */
function OneChange({ of, number, set, drop }) {
  const id = useId();
  const typed = (/** @type {keyof Change} */ name) => (/** @type {any} */ event) =>
    set({ [name]: event.currentTarget.value });
  const list = isList(of.what);
  const ways = WAYS.filter(({ how }) => how !== (list ? ":=" : "+="));
  return html`
    <div class="change">
      <input aria-label=${`Input ${number}`} list=${id} value=${of.what} spellcheck=${false} onInput=${typed("what")} />
      <datalist id=${id}>${PLACES.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
      <select aria-label=${`Way ${number}`} value=${of.how} onChange=${typed("how")}>${ways.map(({ how, says }) =>
        html`<option key=${how} value=${how}>${says}</option>`
      )}</select>
      <input aria-label=${`Value ${number}`} value=${of.value} spellcheck=${false} onInput=${typed("value")}
        disabled=${of.how === "-=" && !list} />
      <button type="button" class="action quiet" aria-label=${`Drop change ${number}`} onClick=${drop}>✕</button>
    </div>
  `;
}
