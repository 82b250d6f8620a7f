// npm: graphql-request@^7 graphql@^16
// kind: HTTP
// answers: {"data": {"account": {"plan": "gold"}}}
// gives: "gold"
import { gql, GraphQLClient } from 'graphql-request';

export default async ({ client, context }) => {
  const service = new GraphQLClient(`${context.webtask.secrets.TLS_SERVICE}/graphql`);
  const query = gql`query ($id: ID!) { account(id: $id) { plan } }`;
  return { used: (await service.request(query, { id: client.id })).account.plan };
};
