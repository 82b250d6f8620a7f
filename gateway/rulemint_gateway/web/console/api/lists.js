/** Whole lists: a list of the management API comes in pieces, each of which says where the next one begins. */

import { get } from "./client.js";

/** @typedef {{ rows: any[], more: boolean }} Listed `more`: there are others, which were not asked for */

const PIECE = 100;

/**
 * The records of a noun, in the order of the API.
 * @param {string} path such as `/api/v2/clients`
 * @param {{ noun: string, query?: Record<string, string>, most?: number, signal?: AbortSignal }} options
 *   `noun`: the name of the list in an answer; `most`: records that are asked for
 * @returns {Promise<Listed>}
 */
export async function listed(path, { noun, query = {}, most = 1000, signal }) {
  /** @type {any[]} */
  const rows = [];
  let from;
  do {
    const { body } = await get(path, { query: { ...query, take: PIECE, from }, signal });
    rows.push(...body[noun]);
    from = body.next;
  } while (from && rows.length < most);
  return { rows, more: Boolean(from) };
}
