// npm: @grpc/grpc-js@^1
// kind: service
// cannot: gRPC needs HTTP/2 over a socket; use the service's HTTP API
const grpc = require('@grpc/grpc-js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = new grpc.Client('firestore.acme.test:443', grpc.credentials.createSsl());
  await new Promise((resolve, reject) => client.waitForReady(Date.now() + 1000, (error) => error ? reject(error) : resolve()));
  api.accessToken.setCustomClaim('used', 'connected');
};
