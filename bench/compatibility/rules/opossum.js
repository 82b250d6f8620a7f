// npm: opossum@^9
// kind: flow
// gives: "free"
const CircuitBreaker = require('opossum');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const breaker = new CircuitBreaker(async () => { throw new Error('the service is away'); }, { timeout: 100 });
  breaker.fallback(() => 'free');
  api.accessToken.setCustomClaim('used', await breaker.fire());
  breaker.shutdown();
};
