// npm: mongodb@^6
// kind: database
// cannot: it needs a socket; put an HTTP API before the database
const { MongoClient } = require('mongodb');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = new MongoClient('mongodb://db.acme.test:27017', { serverSelectionTimeoutMS: 1000 });
  const account = await client.db('d').collection('accounts').findOne({ id: event.client.client_id });
  api.accessToken.setCustomClaim('used', account.plan);
};
