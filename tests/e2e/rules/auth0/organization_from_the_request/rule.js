module.exports = function (client, scope, audience, context, cb) {
  var org = context.body.org_id;
  if (!org) return cb(new InvalidRequestError('org_id is required'));
  if (!/^org_[a-z0-9]{4,}$/.test(org)) return cb(new InvalidRequestError('org_id is malformed'));
  var known = (client.metadata.orgs || '').split(',');
  if (known.indexOf(org) < 0) return cb(new Error('unknown organization'));
  cb(null, { scope: scope, 'https://id.example/org': org });
};
