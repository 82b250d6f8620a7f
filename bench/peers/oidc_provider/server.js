/**
 * npm's oidc-provider as its documentation sets it up for client credentials: JWT access tokens of one API, kept by its
 * own in-memory adapter. The hook adds what the bench's rule adds: in this process, in a worker thread, in a V8 isolate of
 * its own, or in another process that is asked by HTTP.
 *
 *     node server.js PORT ES256|RS256 inline|thread|isolated|webhook [PORT OF THE HOOK]
 */

import { generateKeyPairSync } from "node:crypto";
import { Worker } from "node:worker_threads";

import Provider from "oidc-provider";

import { claimsOf } from "./hook.js";

const [port, algorithm, place, hookPort] = process.argv.slice(2);
const AUDIENCE = "https://bench.test/";
const SCOPE = "read write";

const keys = [
  { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" },
  { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" },
];

function inThread() {
  const worker = new Worker(new URL("./thread.js", import.meta.url));
  const waiting = new Map();
  let asked = 0;
  worker.on("message", ({ id, claims }) => {
    waiting.get(id)(claims);
    waiting.delete(id);
  });
  return (client) =>
    new Promise((resolve) => {
      waiting.set(++asked, resolve);
      worker.postMessage({ id: asked, client });
    });
}

const HOOKS = {
  inline: () => claimsOf,
  thread: inThread,
  isolated: async () => (await import("./isolate.js")).inIsolate(),
  webhook: async () => (await import("./webhook.js")).overHttp(hookPort),
};
const hook = await HOOKS[place]();

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "bench",
      client_secret: "bench-secret",
      client_name: "bench",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      scope: SCOPE,
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  jwks: { keys },
  scopes: SCOPE.split(" "),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        accessTokenFormat: "jwt",
        accessTokenTTL: 86_400,
        jwt: { sign: { alg: algorithm } },
      }),
    },
  },
  extraTokenClaims: (_context, token) => hook({ tenant: "default", name: token.client.clientName }),
});
provider.listen(Number(port), "127.0.0.1");
