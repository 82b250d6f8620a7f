/** Unsaved work in the browser's storage, for each tenant by itself: a reload or an ended session loses nothing. */

import { session } from "./session.js";

const PREFIX = "rulemint.draft.";
/** A draft that nobody has touched for so long goes, or those of records that are gone would fill the storage. */
const LONGEST_MS = 30 * 86_400_000;

/** @param {string} name */
const keyOf = (name) => `${PREFIX}${session.peek()?.tenant ?? ""}.${name}`;

/**
 * @param {string} name such as `rule/rul_1`
 * @returns {any} as it was kept; undefined: there is none
 */
export function keptDraft(name) {
  try {
    return entryIn(localStorage.getItem(keyOf(name)))?.draft;
  } catch {
    return undefined; // no storage: there is no draft
  }
}

/**
 * @param {string} name
 * @param {unknown} draft has no secret in it
 * @returns {boolean} false: the browser did not keep it
 */
export function keepDraft(name, draft) {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify({ at: Date.now(), draft }));
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

/**
 * The names in the storage of the drafts of a tenant.
 * @param {Pick<Storage, "length" | "key">} storage
 * @param {string} tenant a name has no dot
 */
export function draftsOf(storage, tenant) {
  return namesIn(storage).filter((each) => each.startsWith(`${PREFIX}${tenant}.`));
}

/**
 * Forget the drafts of all tenants that nobody has touched for a month, and what is no draft.
 * @param {Pick<Storage, "length" | "key" | "getItem" | "removeItem">} storage
 * @param {number} now in milliseconds since 1970
 */
export function forgetOldDrafts(storage, now) {
  for (const name of namesIn(storage).filter((each) => each.startsWith(PREFIX))) {
    const entry = entryIn(storage.getItem(name));
    if (!entry || now - entry.at > LONGEST_MS) storage.removeItem(name);
  }
}

/** @param {Pick<Storage, "length" | "key">} storage */
function namesIn(storage) {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
}

/**
 * @param {string | null} text nonsense, if somebody wrote into the storage
 * @returns {{ at: number, draft: any } | undefined}
 */
function entryIn(text) {
  try {
    const entry = JSON.parse(text ?? "null");
    return typeof entry?.at === "number" ? entry : undefined;
  } catch {
    return undefined;
  }
}
