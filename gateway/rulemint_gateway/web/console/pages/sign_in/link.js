/**
 * The proof in the fragment of a link that `rulemint console` opens; null: there is none.
 * @param {string} fragment
 */
export function linkIn(fragment) {
  return /^#link=([A-Za-z0-9._~-]{1,512})$/.exec(fragment)?.[1] ?? null;
}
