/**
 * @param {Event} event - Details about client credentials grant request.
 * @param {CredentialsExchangeAPI} api - Interface whose methods can be used to change the token.
 */
exports.onExecuteCredentialsExchange = async (event, api) => {
  const { metadata } = event.client;
  if (metadata.blocked === 'true') {
    return api.access.deny('invalid_request', 'this client is blocked');
  }
  if (event.transaction.requested_scopes.includes('write') && !metadata.writer) {
    return api.access.deny('invalid_scope', 'write is for writers');
  }
  api.accessToken
    .setCustomClaim('plan', metadata.plan ?? 'free')
    .accessToken.setCustomClaim('https://id.example/env', event.secrets.ENV);
  api.accessToken.setCustomClaim('org_id', 'mine');
};
