/** Which entries of the palette fit what was typed, the best first. */

/** @typedef {{ kind: string, says: string, keys?: string, run: () => void }} Entry */

/**
 * @param {string} typed parts of the name, in any order; "" fits all
 * @param {Entry[]} entries
 * @returns {Entry[]}
 */
export function ranked(typed, entries) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .map((entry, index) => ({ entry, index, score: scoreOf(words, `${entry.says} ${entry.kind}`.toLowerCase()) }))
    .filter(({ score }) => score >= 0)
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .map(({ entry }) => entry);
}

/**
 * -1: it does not fit; a word at the beginning counts most, then one at the beginning of a word.
 * @param {string[]} words
 * @param {string} name
 */
function scoreOf(words, name) {
  let score = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (at < 0) return -1;
    score += at === 0 ? 3 : /[^\p{L}\p{N}]/u.test(name[at - 1]) ? 2 : 1;
  }
  return score;
}
