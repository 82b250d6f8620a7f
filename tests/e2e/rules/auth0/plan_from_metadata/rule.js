module.exports = function (client, scope, audience, context, cb) {
  var token = {};
  token['https://billing.example/plan'] = client.metadata.plan || 'free';
  token['https://billing.example/seats'] = parseInt(client.metadata.seats, 10) || 1;
  token.scope = scope; // without this line the token has no scopes
  cb(null, token);
};
