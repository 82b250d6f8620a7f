/** Who is signed in, and what that session may do. */

import { computed, signal } from "../vendor/third-party.js";
import { onSignedOut } from "../api/client.js";
import { beginSession, endSession, readSession } from "../api/session.js";

/** @typedef {import("../api/session.js").Session} Session */

/** undefined: nobody has asked yet; null: nobody is signed in. */
export const session = signal(/** @type {Session | null | undefined} */ (undefined));

/** The session ended while a page was in use: the page stays, so that nothing in it is lost. */
export const ended = signal(false);

/** The tenant that somebody has just signed out of; "": nobody has. */
export const left = signal("");

export const scopes = computed(() => new Set(session.value?.scopes ?? []));

/**
 * @param {string | string[] | undefined} scope one, or several of which one is enough
 * @returns {boolean}
 */
export function may(scope) {
  if (scope === undefined) return true;
  return [scope].flat().some((each) => scopes.value.has(each));
}

/** Ask the server who is signed in. */
export async function resume() {
  try {
    session.value = await readSession();
  } catch (error) {
    session.value = null;
    if (/** @type {any} */ (error).status !== 401) throw error;
  }
}

/** @param {Parameters<typeof beginSession>[0]} proof */
export async function signIn(proof) {
  const begun = await beginSession(proof);
  const other = ended.value && session.value?.tenant !== begun.tenant;
  session.value = begun;
  left.value = "";
  ended.value = false;
  if (other) location.reload(); // what the page holds is another tenant's
}

export async function signOut() {
  await endSession().catch((error) => {
    if (error.status !== 401) throw error;
  });
  left.value = session.peek()?.tenant ?? "";
  session.value = null;
  ended.value = false;
}

onSignedOut(() => {
  if (session.value) ended.value = true;
});
