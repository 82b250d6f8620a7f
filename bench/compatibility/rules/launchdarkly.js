// npm: @launchdarkly/node-server-sdk@^9
// kind: service
// gives: "gold"
const { init, integrations } = require('@launchdarkly/node-server-sdk');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const data = new integrations.TestData();
  await data.update(data.flag('plan').variations('free', 'gold').variationForAll(1));
  const client = init('sdk-1', { updateProcessor: data.getFactory(), sendEvents: false });
  await client.waitForInitialization({ timeout: 2 });
  api.accessToken.setCustomClaim('used', await client.variation('plan', { kind: 'user', key: 'acme' }, 'free'));
  client.close();
};
