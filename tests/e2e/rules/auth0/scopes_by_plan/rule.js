const ALLOWED = { free: ['read'], gold: ['read', 'write'], platinum: ['read', 'write', 'export:all'] };

module.exports = (client, scope, audience, context, cb) => {
  const allowed = ALLOWED[client.metadata.plan] || ALLOWED.free;
  const granted = scope.filter((name) => allowed.includes(name));
  if (client.metadata.plan === 'platinum') granted.push('export:all');
  cb(null, { scope: granted });
};
