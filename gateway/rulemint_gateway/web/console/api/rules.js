/** Calls about rules, their versions and their secrets. */

import { call, del, get, patch, post, put } from "./client.js";

/**
 * @typedef {{ claims: string[], scopes: string[], hosts: string[], audiences: string[] }} Power
 * @typedef {{ name: string, expect: any, [input: string]: any }} Case
 * @typedef {object} RuleText the fields that a version fixes
 * @property {string} script
 * @property {"javascript" | "typescript" | "python"} language
 * @property {string[]} allow_hosts
 * @property {string} isolation
 * @property {Record<string, number | null>} limits
 * @property {Record<string, string>} dependencies
 * @property {Case[]} cases
 * @property {boolean} locked
 * @typedef {RuleText & { id: string, name: string, order: number, enabled: boolean, clients: string[], audiences: string[], version: number, draft_version: number | null, previous_version: number | null, description: string, message: string, on_failure: string, power: Power | null, pause?: import("../state/pauses.js").Pause | null, warning?: string, resolved_dependencies: Record<string, string> }} Rule
 * @typedef {RuleText & { number: number, deployed: boolean, draft: boolean, created_at: string, created_by: string | null, message: string, power: Power | null, case_count: number, script_sha256: string }} Version
 */

const RULES = "/api/v2/rules";
const FLOW = "/api/v2/flow";
const SHOWN = "id,name,language,order,enabled,clients,audiences,version,draft_version,previous_version,allow_hosts," +
  "description,on_failure,locked,power,pause";
const PER_PAGE = 100;

/** @param {string} id */
const pathOf = (id) => `${RULES}/${encodeURIComponent(id)}`;

/**
 * All rules in the order of the flow, without their texts.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Rule[]>}
 */
export async function listRules(signal) {
  /** @type {Rule[]} */
  const rules = [];
  for (let page = 0;; page += 1) {
    const query = { fields: SHOWN, include_fields: true, page, per_page: PER_PAGE };
    const { body } = await get(RULES, { query, signal });
    rules.push(...body);
    if (body.length < PER_PAGE) return rules;
  }
}

/**
 * @typedef {{ rules: Rule[], etag: string | null }} Flow all rules, and the ETag of their order
 */

/**
 * All rules in the order of the flow, without their texts. If the order changes in between, the ETag is of the order
 * before, so nothing can be saved over the new one.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Flow>}
 */
export async function listFlow(signal) {
  const { etag } = await get(FLOW, { signal });
  return { rules: await listRules(signal), etag };
}

/**
 * Put all rules into an order, at once.
 * @param {{ id: string }[]} rules in the order that is wanted
 * @param {string | null} ifMatch the ETag of the order that it was made of
 * @returns {Promise<string | null>} the ETag of the new order
 */
export async function orderFlow(rules, ifMatch) {
  return (await put(FLOW, { rules: rules.map(({ id }) => id) }, { ifMatch })).etag;
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ rule: Rule, etag: string | null }>} with the text that runs, or the draft of one that never did
 */
export async function readRule(id, signal) {
  const { body, etag } = await get(pathOf(id), { signal });
  return { rule: body, etag };
}

/**
 * @param {Partial<Rule>} body
 * @returns {Promise<Rule>}
 */
export async function createRule(body) {
  return (await post(RULES, body)).body;
}

/**
 * @param {string} id
 * @param {Partial<Rule> & { draft?: boolean }} changes
 * @param {{ ifMatch?: string | null, noCheck?: boolean }} [options]
 * @returns {Promise<{ rule: Rule, etag: string | null }>}
 */
export async function changeRule(id, changes, { ifMatch, noCheck } = {}) {
  const { body, etag } = await patch(pathOf(id), changes, { ifMatch, query: { no_check: noCheck || undefined } });
  return { rule: body, etag };
}

/** @param {string} id */
export async function deleteRule(id) {
  await del(pathOf(id));
}

/** @param {string} id */
export async function resumeRule(id) {
  await post(`${pathOf(id)}/resume`);
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<Version[]>} the newest first, without texts
 */
export async function listVersions(id, signal) {
  return (await get(`${pathOf(id)}/versions`, { query: { per_page: PER_PAGE }, signal })).body;
}

/**
 * @param {string} id
 * @param {number} number
 * @param {AbortSignal} [signal]
 * @returns {Promise<Version>}
 */
export async function readVersion(id, number, signal) {
  return (await get(`${pathOf(id)}/versions/${number}`, { signal })).body;
}

/**
 * @param {string} id
 * @param {number} number
 * @param {{ ifMatch?: string | null, force?: boolean }} [options] `force`: also if a case does not hold
 * @returns {Promise<{ rule: Rule, etag: string | null }>}
 */
export async function deployVersion(id, number, { ifMatch, force } = {}) {
  const path = `${pathOf(id)}/versions/${number}/deploy`;
  const { body, etag } = await post(path, undefined, { ifMatch, query: { force: force || undefined } });
  return { rule: body, etag };
}

/**
 * What a version would have changed in the newest recorded token requests.
 * @param {string} id
 * @param {number} version
 * @param {{ take: number, signal?: AbortSignal }} options
 */
export async function backtest(id, version, { take, signal }) {
  return (await post(`${RULES}/backtest`, { rule_id: id, version, take }, { signal })).body;
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<string[]>} names of its secrets: a value never comes out
 */
export async function secretNames(id, signal) {
  return Object.keys((await get(`${pathOf(id)}/secrets`, { signal })).body).sort();
}

/**
 * @param {string} id
 * @param {string} name
 * @param {string} value
 * @param {{ replace: boolean }} options
 */
export async function setSecret(id, name, value, { replace }) {
  await (replace ? patch : post)(`${pathOf(id)}/secrets`, { [name]: value });
}

/**
 * @param {string} id
 * @param {string} name
 */
export async function deleteSecret(id, name) {
  await call("DELETE", `${pathOf(id)}/secrets`, [name]);
}
