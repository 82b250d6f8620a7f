/**
 * Find a token request by what somebody has in hand: a token, its `jti`, or the id of the request or its end. A token is
 * read here and goes nowhere, not even into the address.
 */

/** @typedef {{ id: string } | { end: string } | { jti: string } | { problem: string }} Found */

const EXCHANGE = /^exc_[0-9a-f]{28}$/;
const END = /^(?:exc_)?[0-9a-f]{8,28}$/;
const MOST = 64 * 1024;

/**
 * @param {string} pasted
 * @returns {Found}
 */
export function foundIn(pasted) {
  const text = pasted.trim().replace(/^Bearer\s+/i, "");
  if (!text) return { problem: "Paste a token, its jti, or the id of a token request" };
  if (text.split(".").length === 3 && text.length <= MOST) return ofToken(text);
  if (EXCHANGE.test(text)) return { id: text };
  if (END.test(text)) return { end: text.replace(/^exc_/, "") };
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return { jti: text };
  return { problem: "This is no token and no id" };
}

/** @param {string} token */
function ofToken(token) {
  const payload = payloadOf(token);
  if (!payload) return { problem: "This token cannot be read: it is no JWT, or a part of it is missing" };
  const { jti } = payload;
  if (typeof jti !== "string" || !jti) return { problem: "This token has no jti, so it is not one of Rulemint" };
  return EXCHANGE.test(jti) ? { id: jti } : { jti: jti.slice(0, 200) };
}

/**
 * The payload of a token, unproven.
 * @param {string} token
 * @returns {Record<string, unknown> | null}
 */
function payloadOf(token) {
  try {
    const bytes = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const payload = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
    return typeof payload === "object" && !Array.isArray(payload) ? payload : null;
  } catch {
    return null;
  }
}
