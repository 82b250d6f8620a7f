// npm: openid-client@^6
// kind: identity
// answers /token: {"access_token": "a1", "expires_in": 3600, "token_type": "bearer"}
// gives: "a1"
import * as oidc from 'openid-client';

export default async ({ context }) => {
  const issuer = context.webtask.secrets.TLS_SERVICE;
  const server = { issuer, token_endpoint: `${issuer}/token` };
  const configuration = new oidc.Configuration(server, 'c', 's');
  return { used: (await oidc.clientCredentialsGrant(configuration, { scope: 'read' })).access_token };
};
