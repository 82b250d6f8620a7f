let cached = null;

async function machineToken(secrets) {
  if (cached && cached.until > Date.now()) return cached.token;
  const response = await fetch(secrets.URL + '/count');
  cached = { token: await response.text(), until: Date.now() + 60000 };
  return cached.token;
}

module.exports = async (client, scope, audience, context, cb) => {
  try {
    cb(null, { scope, 'https://id.example/from': await machineToken(context.webtask.secrets) });
  } catch (e) {
    cb(e);
  }
};
