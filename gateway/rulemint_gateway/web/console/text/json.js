/** JSON that a person writes into a field. */

/** The text is not what the field takes; `field` is its name in the body. */
export class NotJson extends Error {
  /**
   * @param {string} message
   * @param {string} field
   */
  constructor(message, field) {
    super(message);
    this.name = "NotJson";
    this.field = field;
  }
}

/**
 * The object in *text*; empty: an empty one.
 * @param {string} text
 * @param {string} field its name in the body, for the problem
 * @returns {Record<string, unknown>}
 * @throws {NotJson} it is no JSON, or no object
 */
export function objectIn(text, field) {
  if (!text.trim()) return {};
  const value = valueIn(text, field);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new NotJson('This must be an object, such as {"plan": "gold"}', field);
  }
  return value;
}

/**
 * @param {string} text
 * @param {string} field
 */
function valueIn(text, field) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NotJson(`This is not valid JSON: ${/** @type {Error} */ (error).message}`, field);
  }
}

/** @param {unknown} value */
export const pretty = (value) => JSON.stringify(value, null, 2);
