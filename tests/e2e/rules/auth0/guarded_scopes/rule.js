module.exports = function (client, scope, audience, context, cb) {
  const dangerous = scope.filter((name) => /^(delete|write)/.test(name));
  if (dangerous.length && client.metadata.trusted !== 'yes') {
    return cb(new InvalidScopeError('not for this client: ' + dangerous.join(' ')));
  }
  cb(null, { scope });
};
