/**
 * The one rule of this host: what its author calls the file, what the engine calls it, how many characters stand before
 * its first line there, and what it may return.
 */

export const source = { file: "rule.js", url: "", indent: 0, resultBytes: 0 };

/**
 * `given` with the engine's name for the rule replaced by the author's, and with the columns of its own first line.
 *
 * @param {string} given
 */
export function withFileName(given) {
  const { file, url, indent } = source;
  const [before, ...columns] = given.split(`${file}, <anonymous>:1:`); // as V8 calls a text that was evaluated
  const text = [before, ...columns.map((part) => `${file}, <anonymous>:1:${outdented(part, indent)}`)].join("");
  return url === "" ? text : text.replaceAll(url, file).replaceAll(shortened(url), file);
}

/**
 * A long `data:` URL as Deno shows it in a stack.
 *
 * @param {string} url
 */
function shortened(url) {
  return `${url.slice(0, url.indexOf(",") + 21)}......${url.slice(-20)}`;
}

/**
 * `text`, which begins with a column, with the one that the author counts.
 *
 * @param {string} text
 * @param {number} indent
 */
function outdented(text, indent) {
  return text.replace(/^\d+/, (column) => String(Math.max(1, Number(column) - indent)));
}
