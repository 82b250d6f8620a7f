/** Trials: a rule, or the whole flow, on a token request that nobody makes. And checks, which only load a text. */

import { get, post } from "./client.js";

/**
 * @typedef {{ client: string | { id: string, name?: string, metadata?: Record<string, string> }, audience?: string, scope?: string[], context?: Record<string, any> }} Inputs
 * @typedef {{ ts: string, level: string, message: string }} Line
 * @typedef {{ ts: string, method: string, host: string, status: number | null, duration_ms: number, error: string }} Call
 * @typedef {{ name: string, why: string }} LeftOut
 * @typedef {object} TriedRule
 * @property {string} rule
 * @property {string | null} rule_id
 * @property {number | null} version
 * @property {string} outcome
 * @property {string[]} scope_added
 * @property {string[]} scope_removed
 * @property {Record<string, any>} claims_added
 * @property {Record<string, { before: any, after: any }>} claims_changed
 * @property {LeftOut[]} dropped
 * @property {Line[]} lines
 * @property {Call[]} calls
 * @property {number} duration_ms
 * @typedef {object} Trial
 * @property {string} outcome
 * @property {string[]} scope
 * @property {Record<string, any>} claims
 * @property {LeftOut[]} dropped
 * @property {Line[]} lines
 * @property {number} lines_left_out
 * @property {Call[]} calls
 * @property {number} duration_ms
 * @property {Fault} [error]
 * @property {TriedRule[]} [flow]
 * @property {string[]} [remarks]
 * @property {string[]} [differences]
 * @typedef {{ code: string, message: string, file: string | null, line: number | null, column: number | null, detail: string }} Fault
 * @typedef {{ loads: boolean, error?: Fault }} Load
 */

/**
 * @param {Inputs & Record<string, any>} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Trial>}
 */
export async function tried(body, signal) {
  return (await post("/api/v2/rules/try", body, { signal })).body;
}

/**
 * Whether a text loads. Its function does not run.
 * @param {Record<string, any>} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Load>}
 */
export async function loaded(body, signal) {
  return (await post("/api/v2/rules/check", body, { signal })).body;
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 */
export async function readExchange(id, signal) {
  return (await get(`/api/v2/exchanges/${encodeURIComponent(id)}`, { signal })).body;
}

/**
 * @param {Record<string, string | number | undefined>} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<any[]>} the newest first
 */
export async function listExchanges(query, signal) {
  return (await get("/api/v2/exchanges", { query, signal })).body.exchanges;
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ client_id: string, name: string }[]>}
 */
export async function listClients(signal) {
  const query = { fields: "client_id,name", include_fields: true, per_page: 100 };
  return (await get("/api/v2/clients", { query, signal })).body;
}
