/** What a rule keeps, in memory: its document, and an action's cache. */

import { MAX_OPERATIONS } from "../contract/bounds.js";

const AGE_MS = 15 * 60 * 1000;

/** The document of one rule. Each write has a number of its own, by which a later write knows it. */
export class Document {
  /** @type {string | null} */
  #data;
  #version = 1;
  #operations = 0;

  /** @param {unknown} document */
  constructor(document) {
    this.#data = document === undefined || document === null ? null : textOf(document);
  }

  /** The document as it is now; undefined if there is none. */
  get value() {
    return this.#data === null ? undefined : JSON.parse(this.#data);
  }

  /** @param {any} frame */
  reply(frame) {
    this.#operations += 1;
    if (this.#operations > MAX_OPERATIONS) {
      return { ...this.#stored(), error: `one invocation may use its storage ${MAX_OPERATIONS} times` };
    }
    if (frame.t === "storage-get") return this.#stored();
    if (!frame.force && frame.etag !== this.#etag) return { ...this.#stored(), conflict: true };
    this.#data = frame.data;
    this.#version += 1;
    return this.#stored();
  }

  #stored() {
    return { data: this.#data, etag: this.#etag, conflict: false, error: null };
  }

  get #etag() {
    return this.#data === null ? null : String(this.#version);
  }
}

/** What `api.cache` of one rule holds. */
export class CacheContent {
  #records;

  /** @param {Record<string, string>} texts */
  constructor(texts) {
    const expires_at = Date.now() + AGE_MS;
    this.#records = new Map(Object.entries(texts).map(([key, value]) => [key, { value, expires_at }]));
  }

  /** As a host gets it. */
  get records() {
    return Object.fromEntries(this.#records);
  }

  /** @returns {Record<string, string>} */
  get texts() {
    return Object.fromEntries([...this.#records].map(([key, { value }]) => [key, value]));
  }

  /** @param {{ changed: Record<string, { value: string, expires_at: number }>, deleted: string[] }} changes */
  change({ changed, deleted }) {
    for (const [key, record] of Object.entries(changed)) this.#records.set(key, record);
    for (const key of deleted) this.#records.delete(key);
  }
}

/** @param {unknown} document */
function textOf(document) {
  const text = JSON.stringify(document);
  if (text === undefined) throw new TypeError(`storage must be JSON, not a ${typeof document}`);
  return text;
}
