const axios = require('axios');

module.exports = async (client, scope, audience, context, cb) => {
  const { ENTITLEMENTS_URL, ENTITLEMENTS_KEY } = context.webtask.secrets;
  const service = axios.create({ baseURL: ENTITLEMENTS_URL, headers: { Authorization: `Bearer ${ENTITLEMENTS_KEY}` } });
  try {
    const { data } = await service.get(`/accounts/${client.metadata.account}`);
    cb(null, { scope: data.tier > 2 ? [...scope, 'export'] : scope, 'https://id.example/tier': data.tier });
  } catch (error) {
    console.error('accounts:', error.response ? error.response.status : error.message);
    cb(new InvalidRequestError('the account is not known'));
  }
};
