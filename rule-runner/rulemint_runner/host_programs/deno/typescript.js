/** TypeScript in CommonJS → JavaScript. Types are taken away; an enum and its like become what they mean. */

import { nodeModule } from "./process.js";
import { source } from "./source.js";

/** What Node calls the text in its errors and its map. */
const ITS_NAME = "file:///stripTypeScriptTypes.ts";
const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;

const IMPORTED = /^([ \t]*)import(\s+[\w$]+\s*=\s*require\s*\()/gm;
const EXPORTED = /^([ \t]*)export\s*=(?!=)/gm;

/**
 * *script*, in which `import x = require('y')` and `export =` are what they mean to CommonJS.
 *
 * @param {string} script
 */
export function inCommonJS(script) {
  return script.replace(IMPORTED, "$1const $2").replace(EXPORTED, "$1module.exports =");
}

/**
 * The JavaScript of *script*. Lines and columns stay where they are, unless `source.original` says otherwise.
 *
 * Throws an error that names the place in the rule's file.
 *
 * @param {string} script
 */
export function fromTypeScript(script) {
  const module = nodeModule("node:module");
  try {
    return module.stripTypeScriptTypes(script);
  } catch (error) {
    if (/** @type {any} */ (error).code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw ofTheRule(error);
  }
  try {
    const transformed = module.stripTypeScriptTypes(script, { mode: "transform", sourceMap: true });
    const found = transformed.match(MAP);
    if (found !== null) {
      source.original = placesBy(module, JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(found[1]))));
    }
    return transformed.replace(MAP, "");
  } catch (error) {
    throw ofTheRule(error);
  }
}

/** @param {any} error */
function ofTheRule(error) {
  return new SyntaxError(String(error?.message).replaceAll(ITS_NAME, source.file));
}

/**
 * @param {any} module
 * @param {object} map
 * @returns {(place: import("./source.js").Place) => import("./source.js").Place}
 */
function placesBy({ SourceMap }, map) {
  const known = new SourceMap(map);
  return ({ line, column }) => {
    const { originalLine, originalColumn } = known.findEntry(line - 1, column - 1);
    return originalLine === undefined ? { line, column } : { line: originalLine + 1, column: originalColumn + 1 };
  };
}
