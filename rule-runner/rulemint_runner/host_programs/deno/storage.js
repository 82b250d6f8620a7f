/** `context.webtask.storage`: the document of a rule. There is no place for it yet, and it says so. */

/** @typedef {(error: Error) => void} Done */

const WHY =
  "context.webtask.storage is not available: keep a cache in module scope, and truth in a service of your own";

export const storage = {
  /** @param {Done} done */
  get(done) {
    refuse(done);
  },

  /**
   * @param {unknown} _data
   * @param {object | Done} options
   * @param {Done} [done]
   */
  set(_data, options, done) {
    refuse(done ?? /** @type {Done} */ (options));
  },
};

/** @param {Done} done */
function refuse(done) {
  const error = new Error(WHY);
  if (typeof done !== "function") throw error;
  queueMicrotask(() => done(error));
}
