// npm: pg@^8
// kind: database
// cannot: it needs a socket; put an HTTP API before the database
const { Client } = require('pg');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = new Client({ connectionString: 'postgres://user:secret@db.acme.test/plans' });
  await client.connect();
  const { rows } = await client.query('select plan from accounts');
  api.accessToken.setCustomClaim('used', rows[0].plan);
};
