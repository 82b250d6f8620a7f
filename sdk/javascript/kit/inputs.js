/** What a test gives a rule → what the rule is given, checked as the gateway checks it. */

import { MAX_METADATA, MAX_RESULT_BYTES, MAX_SCOPES } from "../contract/bounds.js";
import { isScope } from "./granting.js";

/** @import { Inputs } from "../index.d.ts" */

const TEST_CLIENT = { tenant: "default", id: "test-client", name: "Test client", metadata: {} };
const MAX_METADATA_CHARACTERS = 255;
const NAMES = new Set([
  ...["client", "metadata", "scope", "audience", "secrets", "ip", "userAgent", "hostname", "headers", "query", "body"],
  ...["claims", "grantScope", "enforceGrantScopes", "allowHosts", "fetch", "storage", "cache", "geoip", "resultBytes"],
  "timeoutS",
]);

/**
 * @param {Inputs} inputs
 */
export function inputsOf(inputs) {
  const unknown = Object.keys(inputs).find((name) => !NAMES.has(name));
  if (unknown !== undefined) throw new TypeError(`runRule takes no ${unknown}; it takes ${[...NAMES].join(", ")}`);
  const { audience = "https://api.example.com/", ip = "127.0.0.1", userAgent = "", hostname = "", geoip = {} } = inputs;
  const { claims = {}, enforceGrantScopes = false, resultBytes = MAX_RESULT_BYTES, timeoutS = 5 } = inputs;
  const client = clientOf(inputs.client ?? {}, inputs.metadata);
  const scope = scopesOf("scope", inputs.scope ?? []);
  const grantScope = inputs.grantScope === undefined ? scope : scopesOf("grantScope", inputs.grantScope);
  const asked = scope.length > 0 ? { scope: scope.join(" ") } : {};
  const body = inputs.body ?? { grant_type: "client_credentials", client_id: client.id, audience, ...asked };
  const headers = Object.entries(textsOf("headers", inputs.headers)).map((
    [name, value],
  ) => [name.toLowerCase(), value]);
  return {
    secrets: textsOf("secrets", inputs.secrets),
    scopes: { scope, grantScope, scopeCeiling: enforceGrantScopes ? grantScope : null },
    claims,
    resultBytes,
    timeoutS,
    /** The frame that a host gets, made anew so that a rule may change it. */
    run: () =>
      structuredClone({
        client,
        scope,
        audience,
        context: { ip, userAgent, body },
        request: {
          id: "exc_test",
          headers: Object.fromEntries(headers),
          query: textsOf("query", inputs.query),
          hostname,
          requested_scopes: scope,
          geoip,
        },
        claims,
      }),
  };
}

/**
 * @param {any} given
 * @param {Record<string, string> | undefined} metadata
 */
function clientOf(given, metadata) {
  const own = typeof given === "string" ? { id: given } : given;
  const unknown = Object.keys(own).find((name) => !(name in TEST_CLIENT));
  if (unknown !== undefined) throw new TypeError(`client has no ${unknown}; it has id, name, metadata and tenant`);
  if (metadata !== undefined && own.metadata !== undefined) {
    throw new TypeError("give the metadata once: in client, or as metadata");
  }
  const client = { ...TEST_CLIENT, ...(metadata === undefined ? {} : { metadata }), ...own };
  for (const name of ["id", "name", "tenant"]) {
    if (typeof client[name] !== "string") {
      throw new TypeError(`client.${name} must be a text, not ${shown(client[name])}`);
    }
  }
  const entries = Object.entries(textsOf("client.metadata", client.metadata));
  if (entries.length > MAX_METADATA) {
    throw new TypeError(`client.metadata has ${entries.length} entries; a client may have ${MAX_METADATA}`);
  }
  const long = entries.find((entry) => entry.some((text) => text.length > MAX_METADATA_CHARACTERS));
  if (long === undefined) return client;
  throw new TypeError(`client.metadata.${long[0].slice(0, 40)} is longer than ${MAX_METADATA_CHARACTERS} characters`);
}

/**
 * @param {string} field
 * @param {unknown} given
 * @returns {string[]}
 */
function scopesOf(field, given) {
  if (!Array.isArray(given)) throw new TypeError(`${field} must be a list of texts, not ${shown(given)}`);
  const wrong = given.find((each) => !isScope(each));
  if (wrong !== undefined) throw new TypeError(`${field} holds ${shown(wrong)}, which is no scope`);
  const scopes = [...new Set(given)];
  if (scopes.length > MAX_SCOPES) {
    throw new TypeError(`${field} has ${scopes.length} entries, ${MAX_SCOPES} are allowed`);
  }
  return scopes;
}

/**
 * @param {string} field
 * @param {Record<string, string> | undefined} given
 * @returns {Record<string, string>}
 */
function textsOf(field, given = {}) {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${field} must be texts by name, not ${shown(given)}`);
  }
  const wrong = Object.entries(given).find(([, value]) => typeof value !== "string");
  if (wrong === undefined) return { ...given };
  throw new TypeError(`${field}.${wrong[0]} must be a text, not ${shown(wrong[1])}; a rule only ever gets texts there`);
}

/** @param {unknown} value */
function shown(value) {
  return String(typeof value === "object" ? JSON.stringify(value) : value).slice(0, 80);
}
