var request = require('request@2.88.2');

module.exports = function (client, scope, audience, context, cb) {
  var secrets = context.webtask.secrets;
  request.get({
    url: secrets.ENTITLEMENTS_URL + '/accounts/' + client.metadata.account,
    headers: { Authorization: 'Bearer ' + secrets.ENTITLEMENTS_KEY },
    json: true,
    timeout: 4000,
  }, function (err, response, body) {
    if (err) return cb(new ServerError('entitlements are not available'));
    if (response.statusCode === 404) return cb(new Error('no such account'));
    if (response.statusCode !== 200) return cb(new ServerError('entitlements answered ' + response.statusCode));
    access_token = {};
    access_token.scope = scope;
    access_token['https://id.example/features'] = body.features;
    cb(null, access_token);
  });
};
