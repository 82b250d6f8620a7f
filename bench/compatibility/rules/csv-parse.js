// npm: csv-parse@^6
// kind: text
// gives: [{"id": "1", "plan": "gold"}]
const { parse } = require('csv-parse/sync');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', parse('id,plan\n1,gold\n', { columns: true }));
};
