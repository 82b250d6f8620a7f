module.exports = async function (client, scope, audience, context, cb) {
  const { ENTITLEMENTS_URL, ENTITLEMENTS_KEY } = context.webtask.secrets;
  try {
    const response = await fetch(`${ENTITLEMENTS_URL}/accounts/${client.metadata.account}`, {
      headers: { authorization: `Bearer ${ENTITLEMENTS_KEY}`, accept: 'application/json' },
    });
    if (response.status === 404) return cb(new InvalidRequestError('no such account'));
    if (!response.ok) return cb(new ServerError(`entitlements answered ${response.status}`));
    const { features } = await response.json();
    console.log('features', features);
    return cb(null, { scope, 'https://id.example/features': features });
  } catch (error) {
    console.error('entitlements', error.message);
    return cb(new ServerError('entitlements are not available'));
  }
};
