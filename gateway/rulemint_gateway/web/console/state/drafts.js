/** Unsaved work in the browser's storage, for each tenant by itself: a reload or an ended session loses nothing. */

import { session } from "./session.js";

const PREFIX = "rulemint.draft.";

/** @param {string} name */
const keyOf = (name) => `${PREFIX}${session.peek()?.tenant ?? ""}.${name}`;

/**
 * @param {string} name such as `rule/rul_1`
 * @returns {any} as it was kept; undefined: there is none
 */
export function keptDraft(name) {
  try {
    const text = localStorage.getItem(keyOf(name));
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined; // no storage, or nonsense in it: there is no draft
  }
}

/**
 * @param {string} name
 * @param {unknown} draft
 * @returns {boolean} false: the browser did not keep it
 */
export function keepDraft(name, draft) {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name */
export function dropDraft(name) {
  try {
    localStorage.removeItem(keyOf(name));
  } catch {
    // no storage: there is nothing to drop
  }
}
