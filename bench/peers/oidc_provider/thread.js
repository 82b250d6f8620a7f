/** The hook in a thread of its own: a message there, and one back. */
import { parentPort } from "node:worker_threads";

import { claimsOf } from "./hook.js";

parentPort.on("message", ({ id, client }) => parentPort.postMessage({ id, claims: claimsOf(client) }));
