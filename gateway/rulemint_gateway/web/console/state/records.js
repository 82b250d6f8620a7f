/** The records that the command palette finds. */

import { listed } from "../api/lists.js";
import { go, part } from "./router.js";
import { may } from "./session.js";

/** @typedef {import("../components/palette_ranking.js").Entry} Entry */

/**
 * Rules and clients of the tenant, as far as the session may see them.
 * @param {AbortSignal} signal
 * @returns {Promise<Entry[]>}
 */
export async function findRecords(signal) {
  const kinds = [
    { kind: "rule", scope: "read:rules", path: "/api/v2/rules", noun: "rules", page: "/rules", id: "id" },
    {
      kind: "client",
      scope: "read:clients",
      path: "/api/v2/clients",
      noun: "clients",
      page: "/clients",
      id: "client_id",
    },
  ];
  const found = await Promise.all(
    kinds.filter(({ scope }) => may(scope)).map(async ({ kind, path, noun, page, id }) => {
      const { rows } = await listed(path, { noun, signal });
      return rows.map((record) => ({
        kind,
        says: String(record.name ?? record[id]),
        run: () => go(`${page}/${part(record[id])}`),
      }));
    }),
  );
  return found.flat();
}
