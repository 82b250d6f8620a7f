/** Changes of a taped request, as the gateway takes them: `client.metadata.plan=gold`, `scope+=write`. */

/** @typedef {{ what: string, how: "=" | ":=" | "+=" | "-=", value: string }} Change */

/** What can be changed; those that end in a dot want a name. */
export const PLACES = [
  "client.metadata.",
  "scope",
  "audience",
  "client.name",
  "request.ip",
  "request.user_agent",
  "request.hostname",
  "request.requested_scopes",
  "request.headers.",
  "request.query.",
  "request.body.",
];

/** @type {{ how: Change["how"], says: string }[]} */
export const WAYS = [{ how: "=", says: "is" }, { how: ":=", says: "is the JSON" }, { how: "+=", says: "also has" }, {
  how: "-=",
  says: "is without",
}];

/**
 * @param {Change[]} changes
 * @returns {string[]} without those that say nothing
 */
export function written(changes) {
  return changes.filter(({ what }) => what.trim() && !what.endsWith(".")).map(({ what, how, value }) =>
    `${what.trim()}${how}${how === "-=" && !isList(what) ? "" : value}`
  );
}

const SECRET = /secret|assertion|authorization|cookie|password/i;

/**
 * A change as a draft may keep it.
 * @param {Change} change
 * @returns {Change}
 */
export function withoutSecret(change) {
  return SECRET.test(change.what) ? { ...change, value: "" } : change;
}

/**
 * Changes as the gateway writes them, for a person to go on with.
 * @param {string[]} texts
 * @returns {Change[]}
 */
export function read(texts) {
  return texts.flatMap((text) => {
    const found = /^([^=]+?)(\+=|-=|:=|=)(.*)$/s.exec(text);
    return found ? [{ what: found[1], how: /** @type {Change["how"]} */ (found[2]), value: found[3] }] : [];
  });
}

/**
 * What has several values, of which one can be added or taken.
 * @param {string} what
 */
export function isList(what) {
  return ["scope", "request.requested_scopes"].includes(what.trim());
}
