import { several } from "../text/numbers.js";

/** @typedef {{ until: string, why: string, version: number, for_all: boolean, clients: string[], client_count: number }} Pause */

/**
 * Whom a rule pauses for, in words.
 * @param {Pause} pause
 */
export function whomOf({ for_all: forAll, clients, client_count: count }) {
  if (forAll) return "all clients";
  return count === 1 ? `the client ${clients[0]}` : several(count, "client");
}
