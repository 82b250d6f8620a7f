/** How values of records are written out. */

/**
 * A claim or an input in one line: a text as it is, all else as JSON.
 * @param {unknown} value
 */
export function inWords(value) {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
