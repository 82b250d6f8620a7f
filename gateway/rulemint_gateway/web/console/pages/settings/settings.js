import { html, useState } from "../../vendor/third-party.js";
import { get, patch } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { ChangedSince } from "../../components/changed_since.js";
import { Choice, Tick } from "../../components/choice.js";
import { DraftNote } from "../../components/draft_note.js";
import { Field } from "../../components/field.js";
import { placed } from "../../components/form.js";
import { Said } from "../../components/said.js";
import { Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
import { useEdits } from "../../state/edits.js";
import { tell } from "../../state/toasts.js";
import { pretty } from "../../text/json.js";

const SCOPE = "update:tenant_settings";
const PATH = "/api/v2/tenants/settings";
const STYLES = [
  { value: "rfc6749", says: "As RFC 6749 says" },
  { value: "auth0", says: "As Auth0 says them" },
];
/** Those that this page has a field for; the others are shown as they are. */
const OWN = ["error_style", "default_audience", "tapes"];

/** The settings of this tenant. */
export default function Settings() {
  const settings = useAnswer((signal) => get(PATH, { signal }), []);
  return html`
    <div class="head">
      <h1>Settings</h1>
    </div>
    <${Shown} of=${settings}>${(/** @type {import("../../api/client.js").Answer} */ { body, etag }) =>
      html`
        <div class="columns">
          <section class="card" aria-label="Settings of the tenant">
            <${Form} key=${etag} settings=${body} etag=${etag} saved=${settings.again} />
          </section>
          <${Others} settings=${body} />
        </div>
      `}<//>
  `;
}

const NAMES = {
  style: "Errors of the token endpoint",
  audience: "Default audience",
  failures: "A tape of each failure",
  oneIn: "A tape of one in",
};

/** @param {any} settings */
function valuesOf({ error_style, default_audience, tapes }) {
  const { failures = true, one_in = 100 } = tapes ?? {};
  return { style: error_style, audience: default_audience ?? "", failures, oneIn: String(one_in) };
}

/** @param {{ settings: any, etag: string | null, saved: () => void }} props */
function Form({ settings, etag, saved }) {
  const edits = useEdits("settings", { etag, values: valuesOf(settings) });
  const { style, audience, failures, oneIn } = edits.values;
  const [problem, setProblem] = useState({ field: "", text: "" });
  const save = async () => {
    try {
      const tapes = { failures, one_in: Number(oneIn) };
      const body = { error_style: style, default_audience: audience.trim(), tapes };
      await patch(PATH, body, { ifMatch: edits.etag });
      edits.drop();
      tell("Saved");
      saved();
    } catch (error) {
      if (!(/** @type {any} */ (error).changedSince)) return setProblem(placed(error, OWN));
      const newest = await get(PATH);
      edits.meet({ etag: newest.etag, values: valuesOf(newest.body) });
    }
  };
  const about = (/** @type {string} */ field) => problem.field === field ? problem.text : "";
  return html`
    <${Choice} label="Errors of the token endpoint" value=${style} options=${STYLES} scope=${SCOPE}
      onChange=${(/** @type {string} */ style) => edits.change({ style })} problem=${about("error_style")} />
    <${Field} label="Default audience" value=${audience} scope=${SCOPE} problem=${about("default_audience")}
      onInput=${(/** @type {string} */ audience) => edits.change({ audience })} spellcheck=${false}
      hint="The API of a token request that names none; empty: such a request is refused" />
    <${Tick} label="Keep a tape of each failed token request" checked=${failures} scope=${SCOPE}
      onChange=${(/** @type {boolean} */ failures) => edits.change({ failures })}
      hint="A tape has the inputs of its rules, sealed. It makes Explain, Replay and Backtest possible." />
    <${Field} label="Keep a tape of one in so many others" type="number" min="0" value=${oneIn} scope=${SCOPE}
      onInput=${(/** @type {string} */ oneIn) => edits.change({ oneIn })}
      problem=${about("tapes")} hint="1: of all; 0: of none" />
    ${problem.text && !problem.field && html`
      <p class="wrong" role="alert">
        <${Said} text=${problem.text} />
      </p>
    `}
    <${ChangedSince} edits=${edits} names=${NAMES} />
    <${DraftNote} edits=${edits} />
    <${Action} scope=${SCOPE} kind="main" run=${save} disabled=${!edits.changed || edits.theirs}>Save<//>
  `;
}

/** @param {{ settings: any }} props */
function Others({ settings }) {
  const others = Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.includes(name)));
  if (!Object.keys(others).length) return null;
  return html`
    <section class="card">
      <h2>Others</h2>
      <p class="dim">They are kept for tools of Auth0, and change nothing here.</p>
      <pre tabindex="0"><${Said} text=${pretty(others)} lines=${true} most=${20000} /></pre>
    </section>
  `;
}
