/**
@param {object} client - information about the client
@param {array} scope - array of strings representing the scopes about to be granted
*/
async function (client, scope, audience, context, cb) {
  const querystring = require('querystring');
  const options = querystring.parse(client.metadata.options);
  return cb(null, { scope, 'https://id.example/region': options.region });
}
