// Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/deno/inputs.js: change that, and run `make sdk`.
/** What each form of rule is given: made anew for every invocation, so that a rule may change whatever it gets. */

import { openStorage } from "./storage.js";

/** @import { LoadFrame, RunFrame } from "./frames.d.ts" */

const { parse, stringify } = JSON;

/**
 * The `context` of a rule; *claims* are those that the rules before it have set.
 *
 * @param {RunFrame} run
 * @param {LoadFrame} load
 */
export function ruleContext(run, load) {
  return { ...run.context, claims: run.claims ?? {}, webtask: webtaskContext(run, load) };
}

/**
 * The context of a webtask, which is a rule's `context.webtask` too. Its body is what Auth0 posted to the webtask.
 *
 * @param {RunFrame} run
 * @param {LoadFrame} load
 */
export function webtaskContext(run, load) {
  const { client, scope, audience, context, request } = run;
  const query = { ...request?.query };
  return {
    id: request?.id ?? "",
    secrets: { ...load.secrets },
    meta: { ...load.meta },
    headers: { ...request?.headers },
    query,
    params: {},
    data: { ...query, ...load.secrets },
    body: parse(stringify({ audience, client, scope, context })),
    storage: openStorage(),
  };
}

/**
 * The `event` of an action. *targetScopes* gives the scopes as the action has left them so far.
 *
 * @param {RunFrame} run
 * @param {LoadFrame} load
 * @param {() => string[]} targetScopes
 */
export function eventOf(run, load, targetScopes) {
  const { client, context } = run;
  const { id, hostname, requested_scopes, geoip } = run.request ?? {};
  return {
    accessToken: { customClaims: run.claims ?? {}, scope: [...run.scope] },
    client: { client_id: client.id, name: client.name, metadata: client.metadata },
    configuration: {},
    request: {
      body: context.body,
      geoip: { ...geoip },
      hostname: hostname ?? "",
      ip: context.ip,
      ...languageOf(run),
      method: "POST",
      user_agent: context.userAgent,
    },
    resource_server: { identifier: run.audience },
    secrets: { ...load.secrets },
    tenant: { id: client.tenant },
    transaction: {
      correlation_id: id ?? "",
      requested_scopes: requested_scopes ?? [],
      get target_scopes() {
        return targetScopes();
      },
    },
  };
}

/**
 * The `event` of an action of the trigger's first version.
 *
 * @param {RunFrame} run
 */
export function firstEventOf(run) {
  const { client, context, claims, request } = run;
  const geoIp = Object.entries(request?.geoip ?? {}).map(([name, value]) => [snakeCase(name), value]);
  return {
    actor: {
      body: context.body,
      geoIp: Object.fromEntries(geoIp),
      hostname: request?.hostname ?? "",
      ip: context.ip,
      ...languageOf(run),
      method: "POST",
      userAgent: context.userAgent,
    },
    audience: run.audience,
    client: { id: client.id, name: client.name, metadata: client.metadata },
    customClaims: claims ?? {},
    scope: [...run.scope],
    tenant: { id: client.tenant },
  };
}

/**
 * The first language that the request asks for, if it does.
 *
 * @param {RunFrame} run
 */
function languageOf({ request }) {
  const language = request?.headers?.["accept-language"]?.match(/^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)/)?.[1];
  return language === undefined ? {} : { language };
}

/** @param {string} name */
function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
