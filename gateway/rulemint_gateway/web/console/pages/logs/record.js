/** One record of the log, as the stream sends it: everything in it is from outside, so each field is what it must be. */

/**
 * @typedef {object} LogRecord
 * @property {string} key is its own among all rows
 * @property {string} id its place in the log; "": it has none
 * @property {string} ts
 * @property {string} type
 * @property {"debug" | "info" | "warn" | "error"} level
 * @property {string} message
 * @property {string} rule
 * @property {number} version
 * @property {string} invocation the token request; "": it is of the stream itself
 * @property {string} client
 * @property {string} audience
 * @property {boolean} lost it stands for records that are missing
 */

const LEVELS = ["debug", "info", "warn", "error"];
let unplaced = 0;

/**
 * @param {string} text one JSON object
 * @returns {LogRecord | null} null: it is none
 */
export function recordOf(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof told !== "object" || told === null || Array.isArray(told)) return null;
  const id = placeOf(told.id) ? told.id : "";
  const type = textOf(told.type);
  return {
    key: id ? `${type}-${id}` : `stream-${unplaced++}`,
    id,
    ts: textOf(told.ts),
    type,
    level: LEVELS.includes(told.level) ? told.level : "info",
    message: textOf(told.message),
    rule: textOf(told.rule),
    version: Number.isInteger(told.version) ? told.version : 0,
    invocation: textOf(told.invocation),
    client: textOf(told.client_id),
    audience: textOf(told.audience),
    lost: type === "dropped",
  };
}

/**
 * The records of lines, as a stream of the past sends them.
 * @param {unknown} body
 * @returns {LogRecord[]}
 */
export function recordsOf(body) {
  const text = typeof body === "string" ? body : body ? JSON.stringify(body) : "";
  return text.split("\n").flatMap((line) => line && recordOf(line) || []);
}

/**
 * The two numbers of a place, such as `1796057941740-6`.
 * @param {unknown} id
 * @returns {[number, number] | null} null: it is no place
 */
export function placeOf(id) {
  const found = /^(\d{1,16})-(\d{1,16})$/.exec(typeof id === "string" ? id : "");
  return found && [Number(found[1]), Number(found[2])];
}

/**
 * Below 0: *one* stands before *other* in the log.
 * @param {string} one
 * @param {string} other
 */
export function byPlace(one, other) {
  const [ms, count] = placeOf(one) ?? [0, 0];
  const [otherMs, otherCount] = placeOf(other) ?? [0, 0];
  return ms - otherMs || count - otherCount;
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}
