// npm: dayjs@^1
// kind: dates
// gives: "2026-07-01 14:00"
const dayjs = require('dayjs');
dayjs.extend(require('dayjs/plugin/utc'));
dayjs.extend(require('dayjs/plugin/timezone'));

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', dayjs('2026-07-01T12:00:00Z').tz('Europe/Zurich').format('YYYY-MM-DD HH:mm'));
};
