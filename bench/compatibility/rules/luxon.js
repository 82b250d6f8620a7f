// npm: luxon@^3
// kind: dates
// gives: "2026-07-01T14:00:00.000+02:00"
const { DateTime } = require('luxon');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', DateTime.fromISO('2026-07-01T12:00:00Z').setZone('Europe/Zurich').toISO());
};
