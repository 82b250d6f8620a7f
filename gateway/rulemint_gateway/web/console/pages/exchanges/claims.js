/** What rules made of a token, one after the other. */

/** @typedef {{ scope_given: string[], scope_added: string[], scope_removed: string[], claims_set: Record<string, unknown> }} Report */

/**
 * All claims that rules set: a later one wins.
 * @param {Report[]} reports
 * @returns {Record<string, unknown>}
 */
export function claimsOf(reports) {
  return Object.assign(Object.create(null), ...reports.map((each) => each.claims_set));
}

/**
 * The claims that a rule set, each with what it was before.
 * @param {Report[]} reports
 * @param {number} index of the rule
 * @returns {{ what: string, before: unknown, after: unknown }[]}
 */
export function claimChanges(reports, index) {
  const before = claimsOf(reports.slice(0, index));
  return Object.entries(reports[index].claims_set).map(([name, after]) => ({
    what: name,
    before: before[name],
    after,
  }));
}

/**
 * The scopes that a rule was given and left behind.
 * @param {Report} report
 */
export function scopesAfter({ scope_given, scope_added, scope_removed }) {
  return [...scope_given.filter((each) => !scope_removed.includes(each)), ...scope_added];
}
