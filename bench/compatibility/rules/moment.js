// npm: moment@^2
// kind: dates
// gives: "samedi 28 février 2026"
const moment = require('moment');
require('moment/locale/fr');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', moment.utc('2026-01-31').add(1, 'month').locale('fr').format('dddd D MMMM YYYY'));
};
