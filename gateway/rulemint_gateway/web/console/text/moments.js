/** Times in the reader's own zone; UTC is what a hover shows. */

/** @typedef {string | number} At  RFC 3339, or milliseconds since 1970 */

/**
 * @param {At} at
 * @returns {Date | null} null: it is no time
 */
export function dateOf(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * A time as the reader's clock shows it: the day is left out if it is today.
 * @param {At} at
 * @param {{ now?: number, zone?: string, seconds?: boolean, milliseconds?: boolean }} [options]
 */
export function local(at, { now = Date.now(), zone, seconds = true, milliseconds = false } = {}) {
  const date = dateOf(at);
  if (!date) return "no time";
  const { day, time } = formatsOf(zone, seconds, milliseconds);
  const clock = time.format(date);
  return day.format(date) === day.format(now) ? clock : `${day.format(date)} ${clock}`;
}

/**
 * @param {At} at
 * @returns {string} such as `2026-11-30 16:13:20.123 UTC`
 */
export function utc(at) {
  const date = dateOf(at);
  return date ? `${date.toISOString().replace("T", " ").replace("Z", "")} UTC` : "no time";
}

/**
 * A time by its distance from now, such as `3 min ago` or `in 2 h`.
 * @param {At} at
 * @param {number} [now]
 */
export function away(at, now = Date.now()) {
  const date = dateOf(at);
  if (!date) return "no time";
  const seconds = Math.round((now - date.getTime()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const [amount, unit] = size < 60
    ? [size, "s"]
    : size < 3600
    ? [Math.round(size / 60), "min"]
    : size < 86400
    ? [Math.round(size / 3600), "h"]
    : [Math.round(size / 86400), "d"];
  return seconds > 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

/** @type {Map<string, { day: Intl.DateTimeFormat, time: Intl.DateTimeFormat }>} */
const formats = new Map();

/**
 * To make a format takes longer than to use it, and a list of rows shows many times at once.
 * @param {string | undefined} zone
 * @param {boolean} seconds
 * @param {boolean} milliseconds
 */
function formatsOf(zone, seconds, milliseconds) {
  const key = `${zone} ${seconds} ${milliseconds}`;
  const known = formats.get(key);
  if (known) return known;
  const made = {
    day: new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }),
    time: new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      second: seconds ? "2-digit" : undefined,
      fractionalSecondDigits: milliseconds ? 3 : undefined,
    }),
  };
  formats.set(key, made);
  return made;
}
