/** The other end of `webhook.js`: the hook in a Deno that may listen on this one address and nothing else. */
import { claimsOf } from "./hook.js";

const port = Number(Deno.args[0]);
const JSON_TYPE = { headers: { "Content-Type": "application/json" } };

Deno.serve({ hostname: "127.0.0.1", port }, async (request) => new Response(JSON.stringify(claimsOf(await request.json())), JSON_TYPE));
