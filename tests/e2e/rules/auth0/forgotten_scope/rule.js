module.exports = function (client, scope, audience, context, cb) {
  cb(null, { 'https://billing.example/plan': 'gold' });
};
