/** The one rule of this host: what its author calls the file, what the engine calls it, and what it may return. */

export const source = { file: "rule.js", url: "", resultBytes: 0 };

/**
 * `text` with the engine's name for the rule replaced by the author's.
 *
 * @param {string} text
 */
export function withFileName(text) {
  const { file, url } = source;
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
