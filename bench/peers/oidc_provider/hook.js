/** What the bench's rule adds to a token. */
export function claimsOf(client) {
  return { "https://bench.test/tenant": client.tenant, "https://bench.test/name": client.name };
}
