import { html, useState } from "../../vendor/third-party.js";
import { get, patch } from "../../api/client.js";
import { Action } from "../../components/action.js";
import { Choice, Tick } from "../../components/choice.js";
import { Field } from "../../components/field.js";
import { placed } from "../../components/form.js";
import { Said } from "../../components/said.js";
import { Shown } from "../../components/states.js";
import { useAnswer } from "../../state/answers.js";
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

/** @param {{ settings: any, etag: string | null, saved: () => void }} props */
function Form({ settings, etag, saved }) {
  const [style, setStyle] = useState(settings.error_style);
  const [audience, setAudience] = useState(settings.default_audience ?? "");
  const [failures, setFailures] = useState(settings.tapes?.failures ?? true);
  const [oneIn, setOneIn] = useState(String(settings.tapes?.one_in ?? 100));
  const [problem, setProblem] = useState({ field: "", text: "" });
  const save = async () => {
    try {
      const tapes = { failures, one_in: Number(oneIn) };
      await patch(PATH, { error_style: style, default_audience: audience.trim(), tapes }, { ifMatch: etag });
      tell("Saved");
      saved();
    } catch (error) {
      setProblem(placed(error, OWN));
    }
  };
  const about = (/** @type {string} */ field) => problem.field === field ? problem.text : "";
  return html`
    <${Choice} label="Errors of the token endpoint" value=${style} options=${STYLES} onChange=${setStyle}
      scope=${SCOPE} problem=${about("error_style")} />
    <${Field} label="Default audience" value=${audience} onInput=${setAudience} scope=${SCOPE} problem=${about(
      "default_audience",
    )}
      spellcheck=${false}
      hint="The API of a token request that names none; empty: such a request is refused" />
    <${Tick} label="Keep a tape of each failed token request" checked=${failures} onChange=${setFailures} scope=${SCOPE}
      hint="A tape has the inputs of its rules, sealed. It makes Explain, Replay and Backtest possible." />
    <${Field} label="Keep a tape of one in so many others" type="number" min="0" value=${oneIn} onInput=${setOneIn}
      scope=${SCOPE}
      problem=${about("tapes")} hint="1: of all; 0: of none" />
    ${problem.text && !problem.field && html`
      <p class="wrong" role="alert">
        <${Said} text=${problem.text} />
      </p>
    `}
    <${Action} scope=${SCOPE} kind="main" run=${save}>Save<//>
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
