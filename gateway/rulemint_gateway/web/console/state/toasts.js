/** Short remarks that come and go; a problem stays until it is closed. */

import { signal } from "../vendor/third-party.js";

/** @typedef {{ id: number, kind: "done" | "problem", text: string, about: string }} Toast */

const SHOWN_MS = 5000;
const MOST = 5;
let last = 0;

export const toasts = signal(/** @type {Toast[]} */ ([]));

/**
 * Say that something was done.
 * @param {string} text
 */
export function tell(text) {
  const id = add("done", text, "");
  setTimeout(() => close(id), SHOWN_MS);
}

/**
 * Say what went wrong: the problem's own words, and the id to look it up by.
 * @param {unknown} error
 */
export function complain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  const problem = /** @type {any} */ (error);
  if (problem?.status === 401) return; // the sign-in dialog says it
  add("problem", String(problem?.message ?? error), problem?.id ?? "");
}

/** @param {number} id */
export function close(id) {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

/**
 * @param {Toast["kind"]} kind
 * @param {string} text
 * @param {string} about
 */
function add(kind, text, about) {
  last += 1;
  toasts.value = [...toasts.value, { id: last, kind, text, about }].slice(-MOST);
  return last;
}
