const crypto = require('crypto');

module.exports = function (client, scope, audience, context, cb) {
  const secret = context.webtask.secrets.SIGNING_SECRET;
  const signature = crypto.createHmac('sha256', secret).update(client.tenant + ':' + client.metadata.account).digest('hex');
  cb(null, { scope: scope, 'https://id.example/signature': signature });
};
