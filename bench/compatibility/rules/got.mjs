// npm: got@^14
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
import got from 'got';

export default async ({ context }) => {
  const { plan } = await got(`${context.webtask.secrets.TLS_SERVICE}/accounts`, { timeout: { request: 1000 } }).json();
  return { used: plan };
};
