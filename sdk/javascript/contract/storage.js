// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/storage.js: change that, and run `make sdk`.
/** `context.webtask.storage`: one document of JSON, which lives as long as its rule, with Auth0's conflict rule. */

import contract from "./host_contract.js";
import { tellLosses } from "./answers.js";
import { ask } from "../host/calls.js";
import { serialised, within } from "./serialising.js";

/** @import { StorageGetFrame, StorageSetFrame, StoredFrame, WithoutId } from "./frames.d.ts" */
/** @typedef {(error: Error | null, data?: unknown) => void} Done */
/** @typedef {{ force?: unknown, etag?: unknown }} Options */

const MAX_BYTES = contract.document_bytes;
const NOT_READ =
  "When calling storage.set without having called storage.get before, you must specify the .force option.";

const { parse } = JSON;
const encoder = new TextEncoder();

/** The storage of one invocation, which remembers what was read. */
export function openStorage() {
  /**
   * Of the document as it was read or written last; null: there was none; undefined: nobody has looked.
   *
   * @type {string | null | undefined}
   */
  let etag;

  return {
    /**
     * @param {Options | Done} options
     * @param {Done} [done]
     */
    get(options, done) {
      const given = givenOf(options, done);
      answer(given.done, async () => {
        const stored = await asked({ t: "storage-get" });
        etag = stored.etag;
        return documentOf(stored);
      });
    },

    /**
     * @param {unknown} data
     * @param {Options | Done} [options]
     * @param {Done} [done]
     */
    set(data, options, done = () => {}) {
      const given = givenOf(options, done);
      const clears = data === undefined || data === null;
      const force = clears || Boolean(given.options.force);
      const expected = given.options.etag === undefined ? etag : given.options.etag;
      if (expected === undefined && !force) throw new Error(NOT_READ);
      answer(given.done, async () => {
        const frame = { data: clears ? null : textOf(data), etag: etagOf(expected), force };
        const stored = await asked({ t: "storage-set", ...frame });
        if (stored.conflict) {
          throw Object.assign(new Error("Item was modified since it was read."), { conflict: documentOf(stored) });
        }
        etag = stored.etag;
      });
    },
  };
}

/**
 * The options may be left out.
 *
 * @param {Options | Done | undefined} options
 * @param {Done | undefined} done
 * @returns {{ options: Options, done: Done }}
 */
function givenOf(options, done) {
  if (typeof options === "function") return { options: {}, done: options };
  if (typeof done !== "function") throw new Error("Callback must be a function.");
  if (options !== undefined && typeof options !== "object") throw new Error("Options must be an object.");
  return { options: options ?? {}, done };
}

/**
 * Do it, then tell `done`. What `done` itself throws is nobody's but the rule's.
 *
 * @param {Done} done
 * @param {() => Promise<unknown>} action
 */
function answer(done, action) {
  action().then((value) => done(null, value), (error) => done(error));
}

/**
 * @param {WithoutId<StorageGetFrame | StorageSetFrame>} frame
 * @returns {Promise<StoredFrame>}
 */
async function asked(frame) {
  /** @type {StoredFrame} */
  const stored = await ask(frame);
  if (stored.error !== null) throw new Error(`context.webtask.storage: ${stored.error}`);
  return stored;
}

/** @param {StoredFrame} stored */
function documentOf({ data }) {
  return data === null ? undefined : parse(data);
}

/** @param {unknown} expected */
function etagOf(expected) {
  return expected === undefined || expected === null ? null : String(expected).toWellFormed().slice(0, 32);
}

/** @param {unknown} data */
function textOf(data) {
  const { text, losses } = serialisedDocument(data);
  if (text === undefined) throw new Error(`context.webtask.storage: a ${typeof data} is no JSON`);
  tellLosses(losses, named, "the document");
  if (encoder.encode(text).length > MAX_BYTES) {
    throw new Error(`context.webtask.storage: the document is larger than ${MAX_BYTES} bytes of JSON`);
  }
  return text;
}

/** @param {unknown} data */
function serialisedDocument(data) {
  try {
    return serialised(data);
  } catch (error) {
    const { path, message } = /** @type {import("./serialising.js").NotJson} */ (error);
    throw new Error(`${named(path)} ${message}`);
  }
}

/** @param {string[]} path */
function named(path) {
  return `context.webtask.storage: the document${within(path)}`;
}
