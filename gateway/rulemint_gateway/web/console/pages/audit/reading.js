/** Read the tenant's log back in time, and keep what somebody wants to see of it. */

import { get } from "../../api/client.js";

const PIECE = 100;
const ENOUGH = 50;
const MOST_PIECES = 10;

/** @typedef {{ rows: any[], next: number | null }} Found `next`: the page to go on with; null: that was all */

/**
 * Records that *fits* takes, newest first: until there are enough, or so many were looked at that a person should say
 * whether to go on.
 * @param {(record: any) => boolean} fits
 * @param {{ page?: number, signal?: AbortSignal, ask?: typeof get }} [options]
 * @returns {Promise<Found>}
 */
export async function recordsThat(fits, { page = 0, signal, ask = get } = {}) {
  /** @type {any[]} */
  let rows = [];
  for (let looked = 0; looked < MOST_PIECES && rows.length < ENOUGH; looked += 1, page += 1) {
    const { body } = await ask("/api/v2/logs", { query: { page, per_page: PIECE }, signal });
    rows = joined(rows, body.filter(fits));
    if (body.length < PIECE) return { rows, next: null };
  }
  return { rows, next: page };
}

/**
 * Newer records and older ones; what is in both, because others came between, is there once.
 * @param {any[]} newer
 * @param {any[]} older
 */
export function joined(newer, older) {
  const known = new Set(newer.map((each) => each.log_id));
  return [...newer, ...older.filter((each) => !known.has(each.log_id))];
}
