// Loaded before auth0-deploy-cli, which makes code of the schemas of all that Auth0 has at each start, for ten seconds.
// It keeps those of the kinds that the test deploys, and takes any value for the others, of which there is none.
const schema = require(`${process.cwd()}/node_modules/auth0-deploy-cli/lib/tools/auth0/schema.js`).default;
const kept = [...JSON.parse(process.env.AUTH0_INCLUDED_ONLY), "exclude", "include"];
for (const kind of Object.keys(schema.properties)) {
  if (!kept.includes(kind)) schema.properties[kind] = {};
}
