module.exports = function (client, scope, audience, context, cb) {
  try {
    const [, payload] = context.body.on_behalf_of.split('.');
    const subject = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
    if (subject.exp * 1000 < Date.now()) throw new Error('the subject token has expired');
    cb(null, { scope, 'https://id.example/on_behalf_of': subject.sub });
  } catch (error) {
    cb(new InvalidRequestError(error.message));
  }
};
