// npm: semver@^7
// kind: text
// gives: [true, "2.0.0"]
const semver = require('semver');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', [semver.satisfies('1.4.2', '^1.2'), semver.inc('1.9.9', 'major')]);
};
