const jwt = require('jsonwebtoken@8.5.1');

module.exports = function (client, scope, audience, context, cb) {
  const { on_behalf_of } = context.body;
  if (!on_behalf_of) return cb(null, { scope });
  jwt.verify(on_behalf_of, context.webtask.secrets.SUBJECT_KEY, { algorithms: ['HS256'] }, (err, subject) => {
    if (err) return cb(new InvalidRequestError(`${err.name}: ${err.message}`));
    cb(null, { scope, 'https://id.example/on_behalf_of': subject.sub });
  });
};
