/** The texts by which a secret of a rule is found in its log. */

const SHORTEST_MASKED = 4;
/** In bytes. What a shorter secret is in base64 would be found in other texts too. */
const SHORTEST_ENCODED = 8;
const encoder = new TextEncoder();

/**
 * Spell *secrets*, the longest text first: each line as it is and within quotes, and a whole secret as URLs, base64 and
 * hexadecimal digits have it.
 *
 * @param {string[]} secrets
 * @returns {string[]}
 */
export function spellingsOf(secrets) {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
  const quoted = parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1), part.replaceAll("'", "\\'")]);
  const spelled = [...quoted.filter(({ length }) => length >= SHORTEST_MASKED), ...secrets.flatMap(encodingsOf)];
  return [...new Set(spelled)].sort((a, b) => b.length - a.length);
}

/** @param {string} secret */
function encodingsOf(secret) {
  const wellFormed = secret.toWellFormed();
  const bytes = [...encoder.encode(wellFormed)];
  if (bytes.length < SHORTEST_ENCODED) return [];
  const asComponent = encodeURIComponent(wellFormed);
  const inUrl = asComponent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const inForms = [inUrl, inUrl.replaceAll("%2A", "*").replaceAll("~", "%7E")].map((text) =>
    text.replaceAll("%20", "+")
  );
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [btoa(String.fromCharCode(...bytes)).replace(/=+$/, ""), ...[0, 1, 2].map((n) => within(bytes, n))];
  const ofUrls = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [asComponent, inUrl, ...inForms, digits, digits.toUpperCase(), ...base64, ...ofUrls];
}

/**
 * The part of a longer base64 text that only *bytes* decide, with so many bytes *before* them in their first group.
 *
 * @param {number[]} bytes
 * @param {number} before
 */
function within(bytes, before) {
  const text = btoa(String.fromCharCode(...new Array(before).fill(0), ...bytes));
  return text.slice(Math.ceil(before * 8 / 6), Math.floor((before + bytes.length) * 8 / 6));
}
