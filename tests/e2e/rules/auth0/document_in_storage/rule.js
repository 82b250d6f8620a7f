module.exports = function (client, scope, audience, context, cb) {
  var storage = context.webtask.storage;
  storage.get(function (err, data) {
    if (err) return cb(err);
    data = data || { tokens: {} };
    data.tokens[audience] = (data.tokens[audience] || 0) + 1;
    storage.set(data, function (err) {
      if (err && err.conflict) return cb(new Error('somebody was faster'));
      if (err) return cb(err);
      cb(null, { scope: scope, 'https://id.example/tokens': data.tokens[audience] });
    });
  });
};
