/**
 * What the sandbox refuses a rule, said in words by every error of Deno's own. Nothing here protects: the sandbox does.
 */

import { UNSUPPORTED } from "./failures.js";

export const REFUSED = "a rule's sandbox refuses that";
export const REACHABLE =
  "a rule's sandbox refuses every socket; a rule calls the hosts of its allow_hosts by fetch, http or https";
/** How Deno ends its errors: advice for whoever started it. */
const ADVICE = /, run again with the --allow-\w+ flag/;
const NO_FILE = /Requires (read|write) access to "([^"]*)"/;
/** The place of a file of a package, which is none. */
const OF_A_PACKAGE = /^\/(?:packages\/)?(?:@[\w.-]+[+/])?[\w.-]+@\d/;
const NOT_KEPT =
  "of a package a rule has what is required or imported by a literal name, and the data files of one that " +
  "reads its own, up to 1 MiB each and 4 MiB together; bundle other data into the rule";
const NO_NET = /Requires net access to "([^"]*)"/;

/** From now on an error of a refused permission says what is the case here, instead of which flag Deno should have. */
export function nameRefusals() {
  globalThis.Worker = /** @type {any} */ (refusedWorker);
  const { NotCapable } = Deno.errors;
  Object.setPrototypeOf(
    NotCapable,
    class extends Error {
      /** @param {string} message */
      constructor(message) {
        const { text, code, path } = refusalIn(String(message));
        super(text);
        Object.assign(this, { code, ...(path && { path }) });
        Error.captureStackTrace(this, NotCapable);
      }
    },
  );
}

/** In the place of `Worker`: what one writes would go between the frames of this host. */
export function refusedWorker() {
  throw Object.assign(new Error(`Worker, which is a thread: ${REFUSED}`), { code: "EPERM" });
}

/**
 * What Deno says of a permission that is missing, as Node would: a rule has no files, so that none is there.
 *
 * @param {string} message
 * @returns {{ text: string, code: string, path?: string }}
 */
function refusalIn(message) {
  const address = message.match(NO_NET)?.[1];
  if (address !== undefined) return { text: `no connection to ${address}: ${REACHABLE}`, code: UNSUPPORTED };
  const [, access, path] = message.match(NO_FILE) ?? [];
  if (access === "read") {
    const why = OF_A_PACKAGE.test(path ?? "") ? NOT_KEPT : REFUSED;
    return { text: `ENOENT: no such file or directory, ${path}: ${why}`, code: "ENOENT", path };
  }
  if (access === "write") return { text: `EACCES: permission denied, ${path}: ${REFUSED}`, code: "EACCES", path };
  return { text: `${message.replace(ADVICE, "")}: ${REFUSED}`, code: "EPERM" };
}
