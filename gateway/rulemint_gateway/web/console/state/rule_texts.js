/** The text of a rule while somebody works at it: what a version fixes, and what differs from another version. */

/** @typedef {import("../api/rules.js").RuleText} RuleText */
/** @typedef {import("../api/rules.js").Power} Power */

/** @type {(keyof RuleText)[]} */
const FIELDS = ["script", "language", "allow_hosts", "isolation", "limits", "dependencies", "cases", "locked"];

/** What each field is called on the page. */
export const FIELD_NAMES = /** @type {Record<string, string>} */ ({
  script: "text",
  language: "language",
  allow_hosts: "allowed hosts",
  isolation: "isolation",
  limits: "limits",
  dependencies: "packages",
  cases: "tests",
  locked: "lock",
});

/**
 * @param {Partial<RuleText>} record a rule or a version
 * @returns {RuleText}
 */
export function textOf(record) {
  return {
    script: record.script ?? "",
    language: record.language ?? "javascript",
    allow_hosts: record.allow_hosts ?? [],
    isolation: record.isolation ?? "warm",
    limits: withoutNulls(record.limits ?? {}),
    dependencies: record.dependencies ?? {},
    cases: record.cases ?? [],
    locked: record.locked ?? false,
  };
}

/** @param {Record<string, number | null>} limits */
function withoutNulls(limits) {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * The fields of *text* that are not as in *base*.
 * @param {RuleText} text
 * @param {RuleText} base
 * @returns {Partial<RuleText>}
 */
export function changesOf(text, base) {
  return Object.fromEntries(
    FIELDS.filter((name) => spelled(text[name]) !== spelled(base[name])).map((name) => [
      name,
      text[name],
    ]),
  );
}

/**
 * A value as JSON, the same for each order of its keys.
 * @param {unknown} value
 */
function spelled(value) {
  const sorted = (/** @type {string} */ _, /** @type {any} */ part) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => one < other ? -1 : 1))
      : part;
  return JSON.stringify(value, sorted);
}

/**
 * What of a trial describes the rule.
 * @param {RuleText} text
 */
export function triedFields({ script, language, allow_hosts, limits, dependencies }) {
  return { script, language, allow_hosts, limits, dependencies };
}

/**
 * What of a text decides whether it loads.
 * @param {RuleText} text
 */
export function checkedFields({ script, language, limits, dependencies }) {
  return { script, language, limits, dependencies };
}

/**
 * What a version was seen to use and another was not: `+ claim plan`, `− host api.example.com`.
 * @param {Power | null} before
 * @param {Power | null} after
 * @returns {{ sign: "+" | "−", kind: string, name: string }[] | null} null: one of them is not known
 */
export function powerDifference(before, after) {
  if (!before || !after) return null;
  const kinds = /** @type {const} */ ([["claims", "claim"], ["scopes", "scope"], ["hosts", "host"], [
    "audiences",
    "API",
  ]]);
  return kinds.flatMap(([field, kind]) => {
    const had = new Set(before[field] ?? []);
    const has = new Set(after[field] ?? []);
    return [
      ...[...has].filter((name) => !had.has(name)).map((name) => ({ sign: /** @type {const} */ ("+"), kind, name })),
      ...[...had].filter((name) => !has.has(name)).map((name) => ({ sign: /** @type {const} */ ("−"), kind, name })),
    ];
  });
}

/**
 * Lines of a text area as a list, without what is empty or stands twice.
 * @param {string} text
 */
export function listOf(text) {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/**
 * Packages, one a line: `axios 1.7.0` or `axios@^1`; without a version any is right.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function packagesOf(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(lines.map((line) => {
    const found = /^(@?[^\s@=]+)(?:\s*(?:@|==|\s)\s*(.+))?$/.exec(line);
    return found ? [found[1], (found[2] ?? "*").trim()] : [line, "*"];
  }));
}

/** @param {Record<string, string>} packages */
export function packagesText(packages) {
  return Object.entries(packages).map(([name, version]) => version === "*" ? name : `${name} ${version}`).join("\n");
}
