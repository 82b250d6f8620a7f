// An action, as Auth0 has it: event says who asks, api changes the token.
exports.onExecuteCredentialsExchange = async (event, api) => {
  const { metadata } = event.client;
  if (metadata.status === 'closed') {
    return api.access.deny('invalid_request', 'this account is closed');
  }
  if (metadata.org) api.accessToken.setCustomClaim('org', metadata.org);
  if (metadata.readonly === 'true') api.transaction.removeTargetScope('write');
};
