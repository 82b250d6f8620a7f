module.exports = function (client, scope, audience, context, cb) {
  if (client.metadata.plan !== 'gold') {
    cb(new InvalidScopeError('gold only')); // a return is missing here
  }
  cb(null, { scope: scope });
};
