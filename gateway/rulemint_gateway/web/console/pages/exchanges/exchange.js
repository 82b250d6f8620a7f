import { html } from "../../vendor/third-party.js";
import { get } from "../../api/client.js";
import { Moment } from "../../components/moment.js";
import { Said } from "../../components/said.js";
import { Allowed, Shown } from "../../components/states.js";
import { Tabs } from "../../components/tabs.js";
import { useAnswer } from "../../state/answers.js";
import { part } from "../../state/router.js";
import { duration } from "../../text/numbers.js";
import { Explain } from "./explain.js";
import { Inputs } from "./inputs.js";
import { Outcome } from "./outcome.js";
import { Answer, Calls, Facts, Lines, Time } from "./record.js";
import { Replay } from "./replay.js";
import { Rules } from "./rules.js";
import { SaveAsTest } from "./save_as_test.js";
import { WhatIf } from "./what_if.js";

/** To see what a rule was given, and all that is made of it. */
const INPUTS = "read:exchange_inputs";

const TABS = [
  { name: "record", says: "What happened" },
  { name: "explain", says: "Explain" },
  { name: "replay", says: "Replay" },
  { name: "what-if", says: "What if" },
  { name: "test", says: "Save as test" },
];
const SHOWN = /** @type {Record<string, (props: { exchange: any }) => any>} */ ({
  explain: Explain,
  replay: Replay,
  "what-if": WhatIf,
  test: SaveAsTest,
});

/** All about one token request. @param {{ params: Record<string, string>, query: Record<string, string> }} props */
export default function Exchange({ params, query }) {
  const answer = useAnswer(
    async (signal) => (await get(`/api/v2/exchanges/${part(params.id)}`, { signal })).body,
    [params.id],
  );
  const Part = SHOWN[query.tab ?? ""];
  return html`
    <p
      class="dim exchange-crumb"><a href="#/exchanges">Token requests</a> / <code><${Said} text=${params
        .id} most=${40} /></code></p>
    <${Shown} of=${answer}>${(/** @type {any} */ exchange) =>
      html`
        <${Head} exchange=${exchange} />
        <${Tabs} label="Parts of the token request" tabs=${TABS} />
        ${Part
          ? html`
            <${Allowed} scope=${INPUTS} what="what rules were given, and so nothing that is made of it">
              <${Part}
                key=${query.tab} exchange=${exchange} />
              <//>
          `
          : html`<${Record} exchange=${exchange} />`}
      `}<//>
  `;
}

/** @param {{ exchange: any }} props */
function Head({ exchange }) {
  const { outcome, client_name, client_id, audience, started_at_ms, timings } = exchange;
  return html`
    <div class="head exchange-head">
      <h1>
        <${Said} text=${client_name || client_id || "An unknown client"} most=${80} />
        <${Outcome} outcome=${outcome} />
      </h1>
      <p class="dim about-line">
        ${audience && html`<span>for <${Said} text=${audience} most=${120} /></span>`}
        <span><${Moment} at=${started_at_ms} milliseconds /></span><span>took ${duration(timings.total_ms)}</span>
      </p>
    </div>
  `;
}

/** @param {{ exchange: any }} props */
function Record({ exchange }) {
  return html`
    <div class="columns exchange-columns">
      <section class="card">
        <h2>Where the time went</h2>
        <${Time} exchange=${exchange} />
      </section>
      <section class="card">
        <h2>The answer</h2>
        <${Answer} exchange=${exchange} />
      </section>
    </div>
    <h2>Rules</h2>
    <${Rules} exchange=${exchange} />
    <h2>Lines</h2>
    <${Lines} exchange=${exchange} />
    <h2>Calls to other services</h2>
    <${Calls} calls=${exchange.calls} />
    <div class="columns exchange-columns">
      <section class="card">
        <h2>About the request</h2>
        <${Facts} exchange=${exchange} />
      </section>
      <section class="card">
        <h2>What rules were given</h2>
        <${Allowed} scope=${INPUTS} what="what rules were given">
          <${Inputs} id=${exchange.id} />
          <//>
          </section>
          </div>
  `;
}
