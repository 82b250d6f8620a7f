/** The columns of a chart, as the plot takes them. */

/**
 * @param {number[]} times
 * @param {{ values: (number | null)[] }[]} series
 * @param {boolean} open the last time is not over: it is a line of its own, from the one before
 */
export function dataOf(times, series, open) {
  const values = series.map((each) => each.values);
  if (!open) return [times, ...values];
  const from = times.length - 2;
  return [
    times,
    ...values.map((each) => each.map((value, index) => index > from ? null : value)),
    ...values.map((each) => each.map((value, index) => index < from ? null : value)),
  ];
}
