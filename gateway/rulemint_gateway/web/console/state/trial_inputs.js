/** The inputs of a trial: of a recorded token request, of a client, of a case, or written by hand as JSON. */

import { keepDraft } from "./drafts.js";

/** @typedef {import("../api/trials.js").Inputs} Inputs */

/** What a new rule is tried on. */
export const FIRST_INPUTS = {
  client: { id: "test-client", name: "Test client", metadata: { plan: "gold" } },
  audience: "https://api.example.com/",
  scope: ["read"],
};

const MASKED = "***";
const SECRET_NAME = /"(secrets|client_secret|client_assertion|authorization|cookie|password)"/i;
const CREDENTIALS = new Set(["client_secret", "client_assertion", "client_assertion_type"]);

/**
 * The request of an exchange record, as far as the record has it: no headers, and no secrets.
 * @param {Record<string, any>} record
 * @returns {Inputs}
 */
export function inputsOfExchange(record) {
  const parameters = Object.entries(record.parameters ?? {}).filter(([name, value]) =>
    value !== MASKED && !CREDENTIALS.has(name)
  );
  return {
    client: record.client_id ?? { id: "unknown", name: record.client_name ?? "" },
    ...(record.audience ? { audience: record.audience } : {}),
    ...(record.scope_asked?.length ? { scope: record.scope_asked } : {}),
    context: {
      ip: record.ip || "127.0.0.1",
      ...(record.user_agent ? { userAgent: record.user_agent } : {}),
      ...(parameters.length ? { body: Object.fromEntries(parameters) } : {}),
    },
  };
}

/**
 * The request of a case as a trial takes it. A test client has no client grant, so it brings an audience.
 * @param {import("../api/rules.js").Case} given
 * @returns {Inputs & { secrets: Record<string, string> }}
 */
export function inputsOfCase(given) {
  const stored = typeof given.client === "string";
  const client = stored ? given.client : { id: "test-client", name: "Test client", ...(given.client ?? {}) };
  const context = {
    ip: given.ip,
    userAgent: given.user_agent,
    hostname: given.hostname,
    headers: given.headers,
    query: given.query,
    body: given.body,
  };
  return {
    client,
    ...(given.audience !== undefined
      ? { audience: given.audience }
      : stored
      ? {}
      : { audience: "https://api.example.com/" }),
    ...(given.scope !== undefined ? { scope: given.scope } : {}),
    context: Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined)),
    secrets: given.secrets ?? {},
  };
}

/**
 * A case of what was tried, which holds as long as the rule ends so.
 * @param {string} name
 * @param {Inputs} inputs
 * @param {import("../api/trials.js").Trial} trial
 * @returns {import("../api/rules.js").Case}
 */
export function caseOf(name, inputs, trial) {
  const { ip, userAgent, hostname, headers, query, body } = inputs.context ?? {};
  const given = {
    client: inputs.client,
    audience: inputs.audience,
    scope: inputs.scope,
    ip,
    user_agent: userAgent,
    hostname,
    headers,
    query,
    body,
  };
  return {
    name,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    expect: expectationOf(trial),
  };
}

/** @param {import("../api/trials.js").Trial} trial */
function expectationOf(trial) {
  if (trial.outcome === "granted") return { claims: trial.claims, scope: trial.scope };
  if (trial.outcome === "denied") return { refused: { error: trial.error?.code } };
  return { failed: { reason: trial.outcome.replace(/^failed:/, "") } };
}

/**
 * @param {string} text JSON that somebody wrote
 * @returns {{ inputs: Inputs | undefined, problem: string }}
 */
export function inputsIn(text) {
  try {
    const inputs = JSON.parse(text);
    if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) {
      return { inputs: undefined, problem: "The inputs are an object: { client, audience, scope, context }" };
    }
    if (inputs.client === undefined) {
      return { inputs: undefined, problem: "Name a client: its id, or { id, metadata }" };
    }
    return { inputs, problem: "" };
  } catch (error) {
    return { inputs: undefined, problem: `This is not JSON yet: ${/** @type {Error} */ (error).message}` };
  }
}

/**
 * The text as a draft may keep it, without secrets.
 * @param {string} text JSON that somebody wrote
 * @returns {string | null} null: it names a secret and is no JSON yet, so nobody can tell where that ends
 */
export function withoutSecrets(text) {
  if (!SECRET_NAME.test(text)) return text;
  try {
    return spelledInputs(JSON.parse(text, (name, value) => SECRET_NAME.test(`"${name}"`) ? undefined : value));
  } catch {
    return null;
  }
}

/**
 * Keep what somebody wrote, as far as it is no secret.
 * @param {string} draft its name
 * @param {string} text
 */
export function keepInputs(draft, text) {
  const kept = withoutSecrets(text);
  if (kept !== null) keepDraft(draft, kept);
}

/** @param {unknown} value */
export const spelledInputs = (value) => JSON.stringify(value, null, 2);
