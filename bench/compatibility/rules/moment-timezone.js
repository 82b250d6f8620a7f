// npm: moment-timezone@^0.6
// kind: dates
// gives: "2026-07-01T14:00:00+02:00"
const moment = require('moment-timezone');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', moment.tz('2026-07-01T12:00:00Z', 'Europe/Zurich').format());
};
