/** The one rule of this host: what its author calls the file, what the engine calls it, and what it may return. */

export const source = { file: "rule.js", url: "", resultBytes: 0 };

/** How Deno ends its errors: advice for whoever started it. */
const NOT_CAPABLE = /, run again with the --allow-\w+ flag/g;
/** What Deno and its Node say of a host that a rule wants to connect to. */
const NOT_CONNECTED = /Requires net access to "([^"]*)", run again with the --allow-net flag|getaddrinfo EPERM (\S+)/g;
const REACHABLE = "a rule has no sockets; it calls the hosts of its allow_hosts by fetch, http or https";

/**
 * `text` with Deno's advice replaced by what is the case here.
 *
 * @param {string} text
 */
export function withoutAdvice(text) {
  return text
    .replace(NOT_CONNECTED, (_, address, name) => `no connection to ${address ?? name}: ${REACHABLE}`)
    .replace(NOT_CAPABLE, ": a rule's sandbox refuses that");
}

/**
 * `text` without Deno's advice, and with the engine's name for the rule replaced by the author's.
 *
 * @param {string} given
 */
export function withFileName(given) {
  const { file, url } = source;
  const text = withoutAdvice(given);
  return url === "" ? text : text.replaceAll(url, file).replaceAll(shortened(url), file);
}

/**
 * A long `data:` URL as Deno shows it in a stack.
 *
 * @param {string} url
 */
function shortened(url) {
  return `${url.slice(0, url.indexOf(",") + 21)}......${url.slice(-20)}`;
}
