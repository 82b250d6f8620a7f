/** The order of the flow while somebody changes it, and what becomes of it if somebody else was first. */

/** @typedef {{ id: string, name: string }} Placed */

/**
 * @template T
 * @param {T[]} list
 * @param {number} from
 * @param {number} to
 * @returns {T[]}
 */
export function moved(list, from, to) {
  const others = list.filter((_, index) => index !== from);
  return [...others.slice(0, to), list[from], ...others.slice(to)];
}

/**
 * The order of *mine* with the rules of *theirs*: what is gone leaves, what is new comes behind the rule that it follows
 * in theirs.
 * @template {Placed} T
 * @param {T[]} mine
 * @param {T[]} theirs
 * @returns {T[]} records of *theirs*
 */
export function rebased(mine, theirs) {
  const now = new Map(theirs.map((rule) => [rule.id, rule]));
  const kept = mine.flatMap(({ id }) => now.get(id) ?? []);
  const had = new Set(mine.map(({ id }) => id));
  theirs.forEach((rule, index) => {
    if (had.has(rule.id)) return;
    const before = theirs[index - 1];
    kept.splice(before ? kept.findIndex(({ id }) => id === before.id) + 1 : 0, 0, rule);
  });
  return kept;
}

/**
 * Two orders place by place, for a person to compare.
 * @param {Placed[]} theirs
 * @param {Placed[]} mine
 * @returns {{ place: number, theirs: string, mine: string, differs: boolean }[]}
 */
export function sideBySide(theirs, mine) {
  return Array.from({ length: Math.max(theirs.length, mine.length) }, (_, index) => ({
    place: index + 1,
    theirs: theirs[index]?.name ?? "",
    mine: mine[index]?.name ?? "",
    differs: theirs[index]?.id !== mine[index]?.id,
  }));
}
