/** What a rule asks of the runner, which the kit answers in memory. */

import { UNSUPPORTED } from "../contract/failures.js";
import contract from "../contract/host_contract.js";
import { current } from "./invocation.js";

const NOBODY =
  "there is no invocation: `runRule` runs a rule that calls this, and a host makes no call while a rule loads";

/**
 * A body as it is: it travels nowhere.
 *
 * @param {Uint8Array} body
 * @returns {any}
 */
export function carried(body) {
  return body;
}

/**
 * @param {any} body
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bodyIn(body) {
  return body;
}

/**
 * @param {any} frame
 * @returns {Promise<any>}
 */
export async function ask(frame) {
  const invocation = current();
  if (invocation === null) return { error: NOBODY, code: UNSUPPORTED };
  if (invocation.isOver) return { error: contract.over, code: UNSUPPORTED };
  invocation.asked += 1;
  try {
    return await invocation.runner.reply(frame);
  } finally {
    invocation.asked -= 1;
  }
}
