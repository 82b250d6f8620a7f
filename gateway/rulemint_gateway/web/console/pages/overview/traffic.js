import { Chart } from "../../components/chart.js";
import { Empty, Failure, Loading } from "../../components/states.js";
import { counted, duration } from "../../text/numbers.js";
import { html, useMemo } from "../../vendor/third-party.js";

/** @typedef {{ at: string, granted: number, denied: number, failed: number, refused: number, p50_ms: number | null, p99_ms: number | null }} Minute */

const OUTCOMES = /** @type {const} */ ([
  { name: "granted", colour: "--good" },
  { name: "denied", colour: "--warn" },
  { name: "failed", colour: "--bad" },
  { name: "refused", colour: "--dim" },
]);

/** The newest minute is not over, so its counts still grow. */
const SO_FAR = "This minute so far";

/**
 * Tokens by minute and outcome, and how long they take, of the last hour.
 * @param {{ of: import("../../state/answers.js").Asked<{ minutes: Minute[], whole: Minute }> }} props
 */
export function Traffic({ of }) {
  if (!of.value) {
    return of.problem ? html`<${Failure} problem=${of.problem} again=${of.again} />` : html`<${Loading} />`;
  }
  const { minutes, whole } = of.value;
  if (OUTCOMES.every(({ name }) => !whole[name])) {
    return html`
      <div class="card">
        <${Empty} title="No client asked for a token in the last hour">
          <p><a href="/start">Ask for one</a> to see it here, as a client of this tenant does.</p>
          <//>
          </div>
    `;
  }
  return html`
    <section class="card" aria-label="Tokens of the last hour">
      <dl class="figures">
        ${OUTCOMES.map(({ name, colour }) =>
          html`<${Figure} key=${name} name=${name} value=${counted(whole[name])} colour=${colour} />`
        )}
        <${Figure} name="half take less than" value=${duration(whole.p50_ms)} />
        <${Figure} name="99 % take less than" value=${duration(whole.p99_ms)} />
      </dl>
      <${Charts} minutes=${minutes} />
    </section>
  `;
}

/** @param {{ minutes: Minute[] }} props */
function Charts({ minutes }) {
  const drawn = useMemo(() => {
    const column = (/** @type {keyof Minute} */ name) => minutes.map((each) => /** @type {any} */ (each[name]));
    return {
      times: minutes.map((each) => Date.parse(each.at) / 1000),
      outcomes: OUTCOMES.map(({ name, colour }) => ({ name, colour, values: column(name) })),
      durations: [
        { name: "p50", colour: "--call", sparse: true, values: column("p50_ms") },
        { name: "p99", colour: "--waiting", sparse: true, values: column("p99_ms") },
      ],
    };
  }, [minutes]);
  return html`
    <div class="columns">
      <${Chart} label="Token requests per minute" times=${drawn.times} series=${drawn.outcomes}
        unfinished=${SO_FAR} />
      <${Chart} label="Time of a token" times=${drawn.times} series=${drawn.durations} say=${duration}
        unfinished=${SO_FAR} />
    </div>
  `;
}

/** @param {{ name: string, value: string, colour?: string }} props */
function Figure({ name, value, colour }) {
  return html`
    <div>
      <dt>${name}</dt>
      <dd style=${colour ? { color: `var(${colour})` } : undefined}>${value}</dd>
    </div>
  `;
}
