/** The rows of the log that the page holds, the newest first: what came live and what was read of the past are one list. */

import { byPlace } from "./record.js";

/** @typedef {import("./record.js").LogRecord} LogRecord */

/** With more the oldest go, so that a page that is open for days does not grow. */
export const MOST_ROWS = 20_000;

/**
 * @typedef {object} Book
 * @property {LogRecord[]} rows the newest first
 * @property {string} newest the place from which on nothing is here yet; "": nothing has come
 * @property {number} came how many rows have come at the new end, ever
 * @property {boolean} whole there is nothing older
 * @property {boolean} cut older rows were here, and had to go
 */

/** @type {Book} */
export const EMPTY_BOOK = { rows: [], newest: "", came: 0, whole: false, cut: false };

/**
 * What has come live, in its order. After a break some may come twice: these are left out.
 * @param {Book} book
 * @param {LogRecord[]} records
 * @param {number} [most]
 * @returns {Book}
 */
export function withNewer(book, records, most = MOST_ROWS) {
  let { newest } = book;
  const fresh = [];
  for (const record of records) {
    if (record.id && newest && byPlace(record.id, newest) <= 0) continue;
    if (record.id) newest = record.id;
    fresh.push(record);
  }
  if (!fresh.length) return book;
  const rows = [...fresh.reverse(), ...book.rows];
  const cut = rows.length > most;
  if (cut) rows.length = most;
  return { rows, newest, came: book.came + fresh.length, whole: book.whole && !cut, cut: book.cut || cut };
}

/**
 * The place of the oldest row that is here; "": there is none.
 * @param {Book} book
 */
export function oldestOf(book) {
  return book.rows.findLast((row) => row.id && !row.lost)?.id ?? "";
}

/**
 * One page of what is older than all that is here.
 * @param {Book} book
 * @param {LogRecord[]} records of the page, the oldest first
 * @param {{ whole: boolean, most?: number }} page `whole`: nothing is older than it
 * @returns {Book}
 */
export function withOlder(book, records, { whole, most = MOST_ROWS }) {
  const oldest = oldestOf(book);
  const older = records.filter((record) => record.id && (!oldest || byPlace(record.id, oldest) < 0)).reverse();
  const rows = [...book.rows, ...older];
  const cut = rows.length > most;
  if (cut) rows.length = most;
  const newest = book.newest || records.findLast((record) => record.id)?.id || "";
  return { ...book, rows, newest, whole: whole && !cut, cut };
}

/**
 * The rows behind a place: those before it were cleared away.
 * @param {LogRecord[]} rows
 * @param {string} place "": none were
 */
export function behind(rows, place) {
  if (!place) return rows;
  const end = rows.findIndex((row) => row.id && byPlace(row.id, place) <= 0);
  return end < 0 ? rows : rows.slice(0, end);
}
