module.exports = function (client, scope, audience, context, cb) {
  if (client.metadata.status === 'suspended') {
    return cb(new Error('This client is suspended. Write to support.'));
  }
  return cb(null, { scope: scope });
};
