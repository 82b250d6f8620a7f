// npm: mysql2@^3
// kind: database
// cannot: it needs a socket; put an HTTP API before the database
const mysql = require('mysql2/promise');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const connection = await mysql.createConnection({ host: 'db.acme.test', user: 'u', password: 'p', database: 'd' });
  const [rows] = await connection.query('select plan from accounts');
  api.accessToken.setCustomClaim('used', rows[0].plan);
};
