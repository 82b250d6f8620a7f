/** Numbers as people read them. */

/**
 * A duration of milliseconds with as many digits as matter: `0.42 ms`, `13 ms`, `1.3 s`, `2 min`.
 * @param {number | null | undefined} ms
 */
export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 10) return `${Number(ms.toFixed(ms < 1 ? 2 : 1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Number((ms / 3_600_000).toFixed(1))} h`;
}

/**
 * A count with thin separators: `12 345`.
 * @param {number | null | undefined} count
 */
export function counted(count) {
  if (count === null || count === undefined || !Number.isFinite(count)) return "–";
  return new Intl.NumberFormat("en-GB").format(count).replaceAll(",", "\u202f");
}

/**
 * A size in bytes: `812 B`, `4.1 kB`, `2.0 MB`.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * `1 rule`, `3 rules`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function several(count, one, many = `${one}s`) {
  return `${counted(count)} ${count === 1 ? one : many}`;
}

/**
 * The value below which a part of all values lies; null of none.
 * @param {number[]} values
 * @param {number} part such as 0.99
 */
export function quantile(values, part) {
  if (!values.length) return null;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? sorted[0];
}
