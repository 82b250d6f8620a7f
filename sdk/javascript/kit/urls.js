/** The URLs that a rule may call, and the entries of `allow_hosts`, in the runner's words. */

import { FORBIDDEN_HOST, UNSUPPORTED } from "../contract/failures.js";

/** @typedef {{ scheme: string, name: string, port: number, isWildcard: boolean }} Allowed */
/** @typedef {{ scheme: string, host: string, port: number }} Place */

const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
/** @type {Record<string, number>} */
const PORTS = { https: 443, http: 80 };

/** A call that a rule may not make. */
export class CallDenied extends Error {
  /**
   * @param {string} why
   * @param {string} code
   */
  constructor(why, code = UNSUPPORTED) {
    super(why);
    this.code = code;
  }
}

/** @param {string[]} entries */
export function parseEntries(entries) {
  return entries.map((entry) => {
    try {
      return parseEntry(entry);
    } catch (error) {
      throw new TypeError(`allowHosts entry '${entry}': ${/** @type {Error} */ (error).message}`);
    }
  });
}

/**
 * The place that *text* names, if one of *entries* stands for it; null for the entries: any name may be called.
 *
 * @param {string} text
 * @param {Allowed[] | null} entries
 */
export function allowedPlace(text, entries) {
  const place = placeOf(text);
  if (entries !== null && !entries.some((entry) => allows(entry, place))) {
    throw new CallDenied(notListed(place, entries), FORBIDDEN_HOST);
  }
  return place;
}

/**
 * @param {string} text
 * @returns {Place}
 */
export function placeOf(text) {
  const scheme = text.match(/^([A-Za-z][A-Za-z0-9+.-]*):/)?.[1].toLowerCase();
  if (scheme === undefined) throw new CallDenied("the URL has no scheme; it must begin with https://");
  if (!(scheme in PORTS)) {
    throw new CallDenied(`${scheme}: URLs cannot be fetched, only https: and, where it is listed, http:`);
  }
  const authority = text.slice(scheme.length + 3).split(/[/?#]/)[0];
  if (authority.includes("@")) {
    throw new CallDenied("the URL has a user or a password in it; send an Authorization header instead");
  }
  const [, name, port] = authority.match(/^([^:[\]]+)(?::([^:]*))?$/) ?? [];
  if (name === undefined) throw new CallDenied("the host must be a DNS name, not an address", FORBIDDEN_HOST);
  try {
    return { scheme, host: normalName(name), port: port ? portOf(port) : PORTS[scheme] };
  } catch (error) {
    throw new CallDenied(`the URL's host and port: ${/** @type {Error} */ (error).message}`, FORBIDDEN_HOST);
  }
}

/** @param {string} text @returns {Allowed} */
function parseEntry(text) {
  const [before, after] = text.includes("://") ? text.split("://", 2) : ["https", text];
  if (text.includes("://") && before.toLowerCase() === "https") {
    throw new Error(`leave https:// out; it is what '${after}' means without a scheme`);
  }
  if (!(before.toLowerCase() in PORTS)) {
    throw new Error(`'${before}' is no scheme that a rule can use; write the name alone for https, or http://name`);
  }
  if (/[/?#\\@]/.test(after)) throw new Error("give a host, without a user, a path or a query: name or name:port");
  const scheme = before.toLowerCase();
  const [host, port, ...more] = after.split(":");
  if (more.length > 0) throw new Error("an address is not allowed; use the host's name");
  const isWildcard = host.startsWith("*.");
  const name = isWildcard ? host.slice(2) : host;
  if (name.includes("*")) throw new Error("a star may only stand for the whole first label, as in *.example.com");
  return { scheme, name: normalName(name), port: port === undefined ? PORTS[scheme] : portOf(port), isWildcard };
}

/** @param {string} text */
function isAscii(text) {
  return [...text].every((character) => character <= "\x7f");
}

/** @param {string} text */
function normalName(text) {
  const name = (isAscii(text) ? text.toLowerCase() : new URL(`https://${text}/`).hostname).replace(
    /\.$/,
    "",
  );
  if (name === "") throw new Error("the host's name is missing");
  if (name.length > 253 || !NAME.test(name)) {
    throw new Error(`'${text}' is not a DNS name; addresses are not allowed, use the host's name`);
  }
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (NUMBER.test(last)) throw new Error(`'${text}' is an address, not a DNS name; use the host's name`);
  if (last === "localhost") throw new Error(`'${text}' is this machine itself, which no rule may call`);
  return name;
}

/** @param {string} text */
function portOf(text) {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port < 1 || port > 65535) {
    throw new Error(`'${text}' is no port; use a number from 1 to 65535`);
  }
  return port;
}

/**
 * @param {Allowed} entry
 * @param {Place} place
 */
function allows({ scheme, name, port, isWildcard }, place) {
  if (scheme !== place.scheme || port !== place.port) return false;
  if (!isWildcard) return place.host === name;
  const dot = place.host.indexOf(".");
  return dot > 0 && place.host.slice(dot + 1) === name;
}

/**
 * @param {Place} place
 * @param {Allowed[]} entries
 */
function notListed(place, entries) {
  const wanted = `${place.scheme === "https" ? "" : "http://"}${place.host}` +
    (place.port === PORTS[place.scheme] ? "" : `:${place.port}`);
  if (entries.length === 0) return `this rule may call no host; list ${wanted} in its allow_hosts`;
  const same = entries.filter((entry) => allows(entry, { ...place, scheme: entry.scheme, port: entry.port }));
  if (same.some(({ scheme }) => scheme !== place.scheme)) {
    return `${place.host} may be called with ${same[0].scheme} only; list ${wanted} in the rule's allow_hosts`;
  }
  if (same.length > 0) {
    return `port ${place.port} of ${place.host} is not listed; list ${wanted} in the rule's allow_hosts`;
  }
  return `${place.host} is not listed; list ${wanted} in the rule's allow_hosts`;
}
