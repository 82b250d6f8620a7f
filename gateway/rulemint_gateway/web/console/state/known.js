/** Names of the tenant's records, for filters and choices; without the right to see them there are none. */

import { get } from "../api/client.js";
import { useAnswer } from "./answers.js";
import { may } from "./session.js";

/** @typedef {{ id: string, name: string, version: number | null, draft_version: number | null }} KnownRule */
/** @typedef {{ id: string, name: string }} KnownClient */

/** @returns {{ rules: KnownRule[], clients: KnownClient[], loading: boolean }} */
export function useKnown() {
  const { value, loading } = useAnswer(async (signal) => {
    const read = async (/** @type {string} */ path) => {
      const { body } = await get(path, { signal });
      return Array.isArray(body) ? body : [];
    };
    const [rules, clients] = await Promise.all([
      may("read:rules") ? read("/api/v2/rules") : [],
      may("read:clients") ? read("/api/v2/clients") : [],
    ]);
    return { rules, clients: clients.map(({ client_id, name }) => ({ id: client_id, name: name ?? client_id })) };
  }, []);
  return { rules: value?.rules ?? [], clients: value?.clients ?? [], loading };
}
