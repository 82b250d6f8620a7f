// npm: node-fetch@^3
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
import fetch, { FormData } from 'node-fetch';

export default async ({ context }) => {
  const form = new FormData();
  form.set('client', 'acme');
  const response = await fetch(`${context.webtask.secrets.TLS_SERVICE}/accounts`, { method: 'POST', body: form });
  return { used: (await response.json()).plan };
};
