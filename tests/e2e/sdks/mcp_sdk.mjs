// A token for the MCP server at SERVER, as the SDK gets it; prints one line of JSON.
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";

const { SERVER, ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const provider = new ClientCredentialsProvider({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  expectedIssuer: ISSUER,
});
const result = await auth(provider, { serverUrl: SERVER });
console.log(JSON.stringify({ result, token: (await provider.tokens()).access_token }));
