// npm: @slack/web-api@^7
// kind: service
// answers: {"ok": true, "ts": "1.5", "channel": "C1"}
// gives: "1.5"
const { WebClient } = require('@slack/web-api');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const slack = new WebClient('xoxb-1', { slackApiUrl: `${event.secrets.TLS_SERVICE}/api/` });
  const { ts } = await slack.chat.postMessage({ channel: 'C1', text: 'a token for ' + event.client.name });
  api.accessToken.setCustomClaim('used', ts);
};
