// What a program sees that does everything with the Node SDK: one JSON object, a member for each noun.
import { ManagementClient } from "auth0";

const { DOMAIN: domain, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = process.env;
const auth0 = new ManagementClient({ domain, clientId, clientSecret });
const seen = {};

async function all(page) {
  const items = [];
  for await (const item of await page) items.push(item);
  return items;
}

async function statusOf(call) {
  try {
    await call;
    return 200;
  } catch (error) {
    return error.statusCode;
  }
}

const client = await auth0.clients.create({ name: "made by Node", app_type: "non_interactive" });
await auth0.clients.update(client.client_id, { description: "changed" });
seen.client = [await auth0.clients.get(client.client_id)];
seen.clients = (await all(auth0.clients.list())).map((each) => each.name);

const identifier = "https://node.example.com/";
const api = await auth0.resourceServers.create({ identifier, scopes: [{ value: "read" }] });
await auth0.resourceServers.update(api.id, { scopes: [{ value: "read" }, { value: "write" }] });
seen.resourceServer = [await auth0.resourceServers.get(api.id)];
seen.resourceServers = (await all(auth0.resourceServers.list())).map((each) => each.identifier);

const grant = await auth0.clientGrants.create({ client_id: client.client_id, audience: identifier, scope: ["read"] });
await auth0.clientGrants.update(grant.id, { scope: ["read", "write"] });
seen.clientGrant = (await all(auth0.clientGrants.list({ client_id: client.client_id }))).map((each) => each.scope);

const hook = await auth0.hooks.create({
  name: "node hook",
  script: "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });",
  triggerId: "credentials-exchange",
});
await auth0.hooks.update(hook.id, { enabled: true });
await auth0.hooks.secrets.create(hook.id, { KEY: "one" });
await auth0.hooks.secrets.update(hook.id, { KEY: "two" });
seen.hook = [await auth0.hooks.get(hook.id), await auth0.hooks.secrets.get(hook.id)];
await auth0.hooks.secrets.delete(hook.id, ["KEY"]);
seen.hooks = (await all(auth0.hooks.list({ triggerId: "credentials-exchange" }))).map((each) => each.name);

const action = await auth0.actions.create({
  name: "node action",
  supported_triggers: [{ id: "credentials-exchange", version: "v2" }],
  code: "exports.onExecuteCredentialsExchange = async (event, api) => {};",
  secrets: [{ name: "KEY", value: "one" }],
});
await auth0.actions.deploy(action.id);
await auth0.actions.update(action.id, { code: "exports.onExecuteCredentialsExchange = async () => {};" });
await auth0.actions.deploy(action.id);
await auth0.actions.triggers.bindings.updateMany("credentials-exchange", {
  bindings: [{ ref: { type: "action_name", value: "node action" }, display_name: "bound" }],
});
seen.action = [await auth0.actions.get(action.id)];
seen.actions = (await all(auth0.actions.list())).map((each) => each.name);
seen.versions = (await all(auth0.actions.versions.list(action.id))).map((each) => each.number);
seen.bindings = (await all(auth0.actions.triggers.bindings.list("credentials-exchange"))).map(
  (each) => each.display_name,
);
await auth0.actions.triggers.bindings.updateMany("credentials-exchange", { bindings: [] });

await auth0.actions.delete(action.id);
await auth0.hooks.delete(hook.id);
await auth0.clientGrants.delete(grant.id);
await auth0.resourceServers.delete(api.id);
await auth0.clients.delete(client.client_id);
seen.deleted = {
  client: await statusOf(auth0.clients.get(client.client_id)),
  resourceServer: await statusOf(auth0.resourceServers.get(api.id)),
  clientGrants: (await all(auth0.clientGrants.list({ audience: identifier }))).length,
  hook: await statusOf(auth0.hooks.get(hook.id)),
  action: await statusOf(auth0.actions.get(action.id)),
};
console.log(JSON.stringify(seen));
