/**
 * `api.cache`: a few short texts that an action keeps between invocations, with Auth0's limits and answers.
 *
 * It lives as long as this process, like everything in module scope.
 */

/** @typedef {{ value: string, expires_at: number }} CacheRecord */
/** @typedef {{ ttl?: number, expires_at?: number }} Expiry */

const MAX_ENTRIES = 20;
const MAX_KEY_BYTES = 64;
const MAX_VALUE_BYTES = 4_096;
const MAX_TOTAL_BYTES = 8_192;
const DEFAULT_TTL_MS = 15 * 60 * 1000;
const MAX_TTL_MS = 24 * 60 * 60 * 1000;

const encoder = new TextEncoder();
/** @type {Map<string, CacheRecord>} */
const records = new Map();

export const cache = {
  /**
   * @param {string} key
   * @returns {CacheRecord | undefined}
   */
  get(key) {
    forgetExpired();
    const record = records.get(key);
    return record && { ...record };
  },

  /**
   * @param {string} key
   * @param {string} value
   * @param {Expiry} [expiry]
   */
  set(key, value, expiry) {
    if (typeof key !== "string" || typeof value !== "string") return failed("FailedToSetCacheRecord");
    if (bytesOf(key) > MAX_KEY_BYTES) return failed("CacheKeySizeExceeded");
    if (bytesOf(value) > MAX_VALUE_BYTES) return failed("CacheValueSizeExceeded");
    const expires_at = expiryOf(expiry);
    if (expires_at === null) return failed("InvalidExpiry");
    if (expires_at <= Date.now()) return failed("ItemAlreadyExpired");
    forgetExpired();
    if (!hasRoomFor(key, value)) return failed("CacheSizeExceeded");
    const record = { value, expires_at };
    records.set(key, record);
    return { type: "success", record: { ...record } };
  },

  /** @param {string} key */
  delete(key) {
    forgetExpired();
    return records.delete(key) ? { type: "success" } : failed("CacheKeyDoesNotExist");
  },
};

/** @param {string} code */
function failed(code) {
  return { type: "error", code };
}

/**
 * When a record ends, in ms since the epoch: the earlier of what was asked for, in a day at most; null if that is no time.
 *
 * @param {Expiry} [expiry]
 */
function expiryOf({ ttl, expires_at } = {}) {
  const now = Date.now();
  const wanted = [];
  if (ttl !== undefined) wanted.push(now + ttl);
  if (expires_at !== undefined) wanted.push(expires_at);
  if (wanted.length === 0) wanted.push(now + DEFAULT_TTL_MS);
  const earliest = Math.min(...wanted, now + MAX_TTL_MS);
  return Number.isFinite(earliest) ? earliest : null;
}

/**
 * @param {string} key
 * @param {string} value
 */
function hasRoomFor(key, value) {
  const others = [...records].filter(([other]) => other !== key);
  const taken = others.reduce((sum, [other, record]) => sum + bytesOf(other) + bytesOf(record.value), 0);
  return others.length < MAX_ENTRIES && taken + bytesOf(key) + bytesOf(value) <= MAX_TOTAL_BYTES;
}

function forgetExpired() {
  const now = Date.now();
  for (const [key, { expires_at }] of records) {
    if (expires_at <= now) records.delete(key);
  }
}

/** @param {string} text */
function bytesOf(text) {
  return encoder.encode(text).length;
}
