// npm: stripe@^18
// kind: service
// answers /v1/customers: {"object": "customer", "id": "cus_1", "metadata": {"plan": "gold"}}
// gives: "gold"
const Stripe = require('stripe');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { HOST: host, TLS_PORT: port } = event.secrets;
  const stripe = new Stripe('sk_test_1', { host, port: Number(port), timeout: 2000 });
  const customer = await stripe.customers.retrieve('cus_1');
  api.accessToken.setCustomClaim('used', customer.metadata.plan);
};
