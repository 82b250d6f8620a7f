/** The two versions of a rollout, side by side. */

/** @typedef {{ step: number, version: number, requests: number, failed: number, denied: number }} Count */

/**
 * The figures of one version in a step, or of all steps together.
 * @param {Count[]} counts
 * @param {(count: Count) => boolean} fits
 * @returns {{ requests: number, failed: number, denied: number }}
 */
export function figures(counts, fits) {
  const sum = { requests: 0, failed: 0, denied: 0 };
  for (const each of counts.filter(fits)) {
    sum.requests += each.requests;
    sum.failed += each.failed;
    sum.denied += each.denied;
  }
  return sum;
}

/**
 * A part as a percentage: `1.5 %`.
 * @param {number} some
 * @param {number} all
 */
export function rate(some, all) {
  if (!all) return "–";
  const percent = some / all * 100;
  return `${Number(percent.toFixed(percent < 10 ? 2 : 1))} %`;
}

/**
 * The percents of steps as somebody types them.
 * @param {string} text such as `5, 25 100%`
 * @returns {number[] | null} null: a part is no number
 */
export function stepsOf(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean).map((each) => Number(each.replace("%", "")));
  return parts.length && parts.every((each) => Number.isFinite(each) && each > 0 && each <= 100) ? parts : null;
}
