// Refuses clients that are suspended, and admin scopes for all but administrators.
module.exports = function (client, scope, audience, context, cb) {
  if (client.metadata.status === 'suspended') {
    return cb(new Error('this client is suspended: ask support to lift it'));
  }
  const admin = scope.filter((name) => name.startsWith('admin:'));
  if (admin.length > 0 && client.metadata.role !== 'admin') {
    return cb(new InvalidScopeError('for administrators only: ' + admin.join(' ')));
  }
  cb(null, { scope });
};
