/** The words for quotas and for what they refused, and how full a quota is. */

import { counted, size } from "../../text/numbers.js";

/**
 * @typedef {{ name: string, used: number, limit: number, when_full: "refused" | "told" | "oldest_go", resets_at: string | null, set_by: string }} Quota
 * @typedef {{ by: string, count: number }} Refused
 * @typedef {{ quotas: Quota[], refused: Refused[] }} Quotas
 */

/** A quota of which so much is used needs somebody. */
const NEARLY = 0.9;

const NAMES = /** @type {Record<string, string>} */ ({
  tokens_per_hour: "tokens in this hour",
  tokens_per_day: "tokens today (UTC)",
  waiting_requests: "token requests that wait",
  rules: "rules",
  clients: "clients",
  resource_servers: "APIs",
  client_grants: "client grants",
  rule_secrets: "secrets of rules",
  script_bytes: "texts of rules",
  exchange_records: "token requests kept",
  exchange_bytes: "size of token requests kept",
  log_records: "log records kept",
  log_bytes: "size of log records kept",
  audit_records: "audit records kept",
  audit_bytes: "size of audit records kept",
});

const LIMITS = /** @type {Record<string, string>} */ ({
  tenant_token_quota: "the token quota of this tenant",
  client_token_quota: "the token quota of a client",
  source_token_quota: "the token quota of an address",
  failed_logins: "too many wrong secrets from their address",
  waiting_requests: "too many requests that wait for rules",
});

/** @param {Quota} quota */
export const nameOf = ({ name }) => NAMES[name] ?? name.replaceAll("_", " ");

/** @param {Refused} refused */
export const limitOf = ({ by }) => LIMITS[by] ?? by.replaceAll("_", " ");

/**
 * @param {Quota} quota
 * @returns {number} 0 to 1, and more beyond a quota that is not enforced
 */
export const partOf = ({ used, limit }) => limit ? used / limit : used ? 1 : 0;

/**
 * Whether more will be refused or told of, or is so already. What makes room for itself by its oldest never needs
 * anybody.
 * @param {Quota} quota
 * @returns {"" | "nearly" | "full"}
 */
export function fullness(quota) {
  const part = partOf(quota);
  if (quota.when_full === "oldest_go" || part < NEARLY) return "";
  return part < 1 ? "nearly" : "full";
}

/**
 * @param {Quota} quota
 * @returns {string} such as `812 of 1 000`
 */
export function amounts({ name, used, limit }) {
  const said = name.endsWith("_bytes") ? size : counted;
  return `${said(used)} of ${said(limit)}`;
}
