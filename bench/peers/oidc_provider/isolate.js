/**
 * The hook in a V8 isolate of its own: one isolate, one context and one compiled module, all kept; JSON goes in and comes
 * out. `apply` runs it on a thread of the isolate's, so that a hook that loops does not stop the server.
 */
import { readFileSync } from "node:fs";

import ivm from "isolated-vm";

const MEMORY_MIB = 64;
const TIMEOUT_MS = 5_000;
const AS_JSON = "export const asked = (text) => JSON.stringify(claimsOf(JSON.parse(text)));";

export async function inIsolate() {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MIB });
  const context = await isolate.createContext();
  const hook = readFileSync(new URL("./hook.js", import.meta.url), "utf8");
  const module = await isolate.compileModule(`${hook}\n${AS_JSON}`);
  await module.instantiate(context, (name) => Promise.reject(new Error(`there is no ${name}`)));
  await module.evaluate();
  const asked = await module.namespace.get("asked", { reference: true });
  return async (client) => JSON.parse(await asked.apply(undefined, [JSON.stringify(client)], { timeout: TIMEOUT_MS }));
}
