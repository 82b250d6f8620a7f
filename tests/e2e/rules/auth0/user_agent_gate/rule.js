module.exports = (client, scope, audience, { userAgent }, cb) =>
  /^curl\//.test(userAgent) ? cb('use the SDK') : cb(null, { scope });
