/**
 * The one rule of this host: what its author calls the file, what the engine calls it, how many characters stand before
 * its first line there, and what it may return.
 */

/** @typedef {{ line: number, column: number }} Place  From 1. */

export const source = {
  file: "rule.js",
  url: "",
  indent: 0,
  resultBytes: 0,
  /** Where in the author's text a place of the evaluated one is, if that is another. @type {((place: Place) => Place) | null} */
  original: null,
};

/** How the engine calls a text that was evaluated. */
const EVALUATED = /([^\s()]+), <anonymous>:(\d+):(\d+)/g;
/** A frame of ours or of Deno's own, which says nothing to a rule's author. */
const NOT_OF_THE_RULE = /^\s+at .*(?:file:\/\/\/(?!packages\/)|\bext:\w+\/)/;
const ENGINES = /<anonymous>:|data:application|file:\/\/\/|\bext:\w|\bpackage:/;
const PACKAGES = /\b(?:file:\/\/\/packages\/|package:)(?=@?[\w.-]+[@/])/g;

/**
 * `given` in its author's terms: the file by its own name and places, packages by theirs, and no frame of the host's.
 *
 * @param {string} given
 */
export function withFileName(given) {
  if (!ENGINES.test(given)) return given;
  const { url, file } = source;
  const named = url === "" ? given : given.replaceAll(url, file).replaceAll(shortened(url), file);
  const lines = named.split("\n").filter((line) => !NOT_OF_THE_RULE.test(line));
  return lines.join("\n").replace(EVALUATED, placed).replace(PACKAGES, "");
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
 * @param {string} _all
 * @param {string} name
 * @param {string} line
 * @param {string} column
 */
function placed(_all, name, line, column) {
  const { file, indent, original } = source;
  const place = { line: Number(line), column: Number(column) };
  if (name === file && place.line === 1) place.column = Math.max(1, place.column - indent);
  const own = name === file && original !== null ? original(place) : place;
  return `${name}:${own.line}:${own.column}`;
}

/**
 * The address of a module whose text is *script*.
 *
 * @param {string} script
 * @param {string} language
 */
export function urlOf(script, language) {
  let binary = "";
  for (const byte of new TextEncoder().encode(script)) binary += String.fromCharCode(byte);
  return `data:application/${language};base64,${btoa(binary)}`;
}
