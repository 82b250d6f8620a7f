// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/cache.js: change that, and run `make sdk`.
/**
 * `api.cache`: a few short texts that an action keeps between invocations, with Auth0's limits and answers.
 *
 * The runner sends what there is with each invocation, and keeps what the invocation has changed.
 */

import contract from "./host_contract.js";
import { writeLine } from "../host/capture.js";

/** @import { CacheChangedFrame, CacheRecord } from "./frames.d.ts" */
/** @typedef {{ ttl?: number, expires_at?: number }} Expiry */

const max = { ...contract.cache };
const DEFAULT_TTL_MS = 15 * 60 * 1000;
const MAX_CHANGES = 100;

const encoder = new TextEncoder();

/** The cache as one invocation sees it. */
export class Cache {
  /** @type {Map<string, CacheRecord>} */
  #records;
  #given;
  #changeCount = 0;
  /** What an action gets: it can be taken apart. */
  api = {
    get: this.#get.bind(this),
    set: this.#set.bind(this),
    delete: this.#delete.bind(this),
  };

  /** @param {Record<string, CacheRecord>} given */
  constructor(given) {
    this.#given = new Map(Object.entries(given));
    this.#records = new Map(this.#given);
  }

  /**
   * What differs from what was given, or null if nothing does.
   *
   * @returns {Omit<CacheChangedFrame, "n"> | null}
   */
  changes() {
    this.#forgetExpired();
    const changed = [...this.#records].filter(([key, record]) => this.#given.get(key) !== record);
    const deleted = [...this.#given.keys()].filter((key) => !this.#records.has(key));
    if (changed.length === 0 && deleted.length === 0) return null;
    return { t: "cache-changed", changed: Object.fromEntries(changed), deleted };
  }

  /**
   * @param {string} key
   * @returns {CacheRecord | undefined}
   */
  #get(key) {
    this.#forgetExpired();
    const record = this.#records.get(key);
    return record && { ...record };
  }

  /**
   * @param {string} key
   * @param {string} value
   * @param {Expiry} [expiry]
   */
  #set(key, value, expiry) {
    if (!isText(key) || !isText(value)) {
      const what = isText(key) ? "the value" : "the key";
      writeLine("warn", `api.cache.set kept nothing: ${what} is no text; use JSON.stringify and JSON.parse`);
      return failed("FailedToSetCacheRecord");
    }
    if (bytesOf(key) > max.key_bytes) return failed("CacheKeySizeExceeded");
    if (bytesOf(value) > max.value_bytes) return failed("CacheValueSizeExceeded");
    const expires_at = expiryOf(expiry);
    if (expires_at === null) return failed("InvalidExpiry");
    if (expires_at <= Date.now()) return failed("ItemAlreadyExpired");
    this.#forgetExpired();
    if (!this.#hasRoomFor(key, value)) return failed("CacheSizeExceeded");
    if (this.#changeCount >= MAX_CHANGES) return failed("MaxSideEffectsExceeded");
    this.#changeCount += 1;
    const record = { value, expires_at };
    this.#records.set(key, record);
    return { type: "success", record: { ...record } };
  }

  /** @param {string} key */
  #delete(key) {
    this.#forgetExpired();
    if (!this.#records.has(key)) return failed("CacheKeyDoesNotExist");
    if (this.#changeCount >= MAX_CHANGES) return failed("MaxSideEffectsExceeded");
    this.#changeCount += 1;
    this.#records.delete(key);
    return { type: "success" };
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  #hasRoomFor(key, value) {
    const others = [...this.#records].filter(([other]) => other !== key);
    const taken = others.reduce((sum, [other, record]) => sum + bytesOf(other) + bytesOf(record.value), 0);
    return others.length < max.records && taken + bytesOf(key) + bytesOf(value) <= max.bytes;
  }

  #forgetExpired() {
    const now = Date.now();
    for (const [key, { expires_at }] of this.#records) {
      if (expires_at <= now) this.#records.delete(key);
    }
  }
}

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
  const earliest = Math.min(...wanted, now + max.ttl_ms);
  return Number.isFinite(earliest) ? Math.floor(earliest) : null;
}

/**
 * Whether it can be kept: JSON can carry no half of a character.
 *
 * @param {unknown} value
 */
function isText(value) {
  return typeof value === "string" && value.isWellFormed();
}

/** @param {string} text */
function bytesOf(text) {
  return encoder.encode(text).length;
}
