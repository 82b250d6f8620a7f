/** The one rule of this host: what its author calls the file, and what the engine calls it. */

export const source = { file: "rule.js", url: "" };

/**
 * `text` with the engine's name for the rule replaced by the author's.
 *
 * @param {string} text
 */
export function withFileName(text) {
  return source.url === "" ? text : text.replaceAll(source.url, source.file);
}
