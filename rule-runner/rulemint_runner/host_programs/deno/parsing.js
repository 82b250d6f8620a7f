/** Where a text does not parse, in its author's terms. Loaded only for a text that does not. */

import { source, urlOf, withFileName } from "./source.js";

/** How Deno's own parser begins. */
const OF_DENO = /^SyntaxError\b/;
const END_OF_FILE = /'?<eof>'?/g;

/** As TypeScript a whole text is read, and an error at its end is where it ends. It does not run: V8 misses the export. */
const WHOLE = { language: "typescript", before: "export{__none__};", after: "" };
/** A text that is no module may return, and may have what TypeScript does not. */
const WITHIN_A_FUNCTION = { language: "javascript", before: "(function () {", after: "\n})" };

/**
 * What Deno's parser says of *script*, a module, and where; null if it parses it. V8 alone knows less of the place.
 *
 * @param {string} script
 */
export async function faultOfModule(script) {
  const { error, said } = await reading(script, WHOLE);
  return error instanceof TypeError && OF_DENO.test(error.message) ? said : null;
}

/**
 * The same of a text that is no module.
 *
 * @param {string} script
 */
export async function faultOfStatements(script) {
  const fault = await faultOfModule(script);
  if (fault !== null) return fault;
  const { error, said } = await reading(script, WITHIN_A_FUNCTION);
  return isOfItsText(error) ? said : null;
}

/**
 * Whether *error* says that the module at `source.url` does not parse, so that no part of it ran.
 *
 * @param {unknown} error
 */
export function isOfItsText(error) {
  if (error instanceof TypeError) return OF_DENO.test(error.message);
  if (!(error instanceof SyntaxError)) return false;
  return error.message.includes(` at ${source.url}:`);
}

/** @param {string} said */
export function inPlainWords(said) {
  return withFileName(said).replace(/^SyntaxError: /, "").replace(END_OF_FILE, "the end of the file");
}

/**
 * @param {string} script
 * @param {typeof WHOLE} as
 * @returns {Promise<{ error: unknown, said: string }>}
 */
async function reading(script, { language, before, after }) {
  source.url = urlOf(`${before}${script}${after}`, language);
  try {
    await import(source.url);
  } catch (error) {
    return { error, said: without(before, inPlainWords(String(/** @type {any} */ (error)?.message))) };
  }
  return { error: null, said: "" };
}

/**
 * What is *said* of the first line, as if *before* did not stand there: the line, the mark below it, and the column.
 *
 * @param {string} before
 * @param {string} said
 */
function without(before, said) {
  const mark = new RegExp(`^( *\\| ) {${before.length}}( *[~^])`, "m");
  const columns = new RegExp(`(?<=${RegExp.escape(source.file)}:1:)\\d+`, "g");
  const shown = `1 | ${before}`;
  const moved = said.includes(shown) ? said.replace(shown, "1 | ").replace(mark, "$1$2") : said;
  return moved.replace(columns, (column) => String(Math.max(1, Number(column) - before.length)));
}
