import { html, Plot, plotStyle, useEffect, useRef } from "../vendor/third-party.js";
import { plainly } from "../text/hostile.js";
import { counted } from "../text/numbers.js";
import { local } from "../text/moments.js";
import { dataOf } from "./chart_data.js";
import { Said } from "./said.js";

/** @typedef {{ name: string, values: (number | null)[], colour: string, sparse?: boolean }} Series  `colour`: a variable of look/colours.css, such as `--good`; `sparse`: it has gaps, so each value is a point, too */

let styled = false;

/**
 * Lines over time. A screen reader gets the last values as text.
 * @param {{ label: string, times: number[], series: Series[], height?: number, say?: (value: number | null) => string, unfinished?: string }} props
 *   `times`: seconds since 1970; `say`: a value as text; `unfinished`: what the last time is, because it is not over:
 *   its part of the lines is dashed, and ends in a dot
 */
export function Chart({ label, times, series, height = 160, say = counted, unfinished = "" }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const shape = series.map((each) => `${each.name}\n${each.colour}`).join("\n");
  const open = unfinished !== "";
  const newest = useRef(say);
  newest.current = say;
  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    styleOnce();
    const width = () => Math.max(200, element.clientWidth);
    const draw = () => {
      plot.current?.destroy();
      plot.current = new Plot(
        options({
          series: open ? [...series, ...series.map(asUnfinished)] : series,
          width: width(),
          height,
          say: (/** @type {any} */ value) => newest.current(value),
        }),
        dataOf(times, series, open),
        element,
      );
    };
    draw();
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: width(), height }));
    watch.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height, open]);
  useEffect(() => plot.current?.setData(dataOf(times, series, open)), [times, ...series.map((each) => each.values)]);
  const last = series.map((each) => `${plainly(each.name)} ${say(each.values.at(-1) ?? null)}`).join(", ");
  return html`
    <figure class="chart">
      <figcaption>${label}
        <span class="legend">${series.map((each) =>
          html`<span key=${each.name} style=${{
            "--key": `var(${each.colour})`,
          }}><${Said} text=${each.name} most=${60} /></span>`
        )}${unfinished && html`<small class="unfinished">${unfinished}</small>`}</span>
      </figcaption>
      <div ref=${box} role="img" aria-label=${`${label}. ${unfinished || "Now"}: ${last}`}></div>
    </figure>
  `;
}

/** @typedef {Series & { dashed?: boolean }} Line */

/** @param {Series} series @returns {Line} */
function asUnfinished(series) {
  return { ...series, dashed: true };
}

/** The dot at the end of a line. @param {any} plot */
function onlyLast(plot) {
  return [plot.data[0].length - 1];
}

/** @param {{ series: Line[], width: number, height: number, say: (value: any) => string }} chart */
function options({ series, width, height, say }) {
  const look = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => look.getPropertyValue(name).trim() || "gray";
  const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      y: {
        range: (
          /** @type {any} */ _,
          /** @type {number} */ __,
          /** @type {number} */ most,
        ) => [0, Math.max(1, most * 1.1)],
      },
    },
    axes: [
      {
        ...axis,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) =>
          splits.map((at) => local(at * 1000, { seconds: false })),
      },
      { ...axis, size: 56, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(say) },
    ],
    series: [
      {},
      ...series.map((each) => ({
        label: each.name,
        stroke: colour(each.colour),
        width: 2,
        dash: each.dashed ? [4, 4] : undefined,
        points: each.dashed
          ? { show: true, size: 6, fill: colour(each.colour), filter: onlyLast }
          : { show: each.sparse ?? false, size: 4, fill: colour(each.colour) },
      })),
    ],
  };
}

function styleOnce() {
  if (styled) return;
  styled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(plotStyle);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
