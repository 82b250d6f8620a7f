/** Kinds of values, in words for a rule's author. */

/** @param {unknown} value */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The kind of `value`, in words.
 *
 * @param {any} value
 */
export function kindOf(value) {
  let name = "";
  try {
    name = typeof value === "object" ? textOf(value.constructor?.name ?? "") : "";
  } catch {
    // it does not say
  }
  const kind = /^[\w$]{1,64}$/.test(name) ? name : typeof value;
  return `${/^[aeiou]/i.test(kind) ? "an" : "a"} ${kind}`;
}

/**
 * `value` as text, also if it does not want to be.
 *
 * @param {unknown} value
 */
export function textOf(value) {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
