module.exports = function (ctx, cb) {
  var request = ctx.body;
  if (request.client.metadata.plan === 'none') return cb(new Error('no plan'));
  cb(null, {
    scope: request.scope,
    'https://id.example/env': ctx.secrets.ENV,
    'https://id.example/org': request.context.body.org || null,
  });
};
