// Puts the client's plan into the token, and what the plan allows. A client without a plan has the free one.
const PLANS = {
  free: { limit: 100, scopes: ['read'] },
  gold: { limit: 10_000, scopes: ['read', 'write', 'export'] },
};

export default ({ client, scope }) => {
  const plan = Object.hasOwn(PLANS, client.metadata.plan) ? client.metadata.plan : 'free';
  const { limit, scopes } = PLANS[plan];
  return { plan, limit, scope: scope.filter((name) => scopes.includes(name)) };
};
