/** What several calls of a backtest found, as one result. */

/**
 * @typedef {{ exchange_id: string, changes: { what: string, before: unknown, after: unknown }[] }} Example
 * @typedef {{ client_id: string, client_name: string, kind: string, count: number, examples: Example[] }} Group
 * @typedef {{ requests: number, has_more: boolean, without_tape: number, tapes: number, replayed: number, cut: number, unknown: number, reasons: string[] }} Coverage
 * @typedef {{ version: number, coverage: Coverage, unchanged: number, noisy: number, groups: Group[], oldest?: string, next?: string }} Answer
 */

/** The gravest first. */
export const KINDS = [
  "newly_denied",
  "newly_failed",
  "newly_granted",
  "refusal_changed",
  "scope_gained",
  "scope_lost",
  "claim_changed",
  "slower",
];

const MOST_EXAMPLES = 5;
const MOST_REASONS = 10;

/**
 * @param {Answer | null} sum of the calls before; null: there were none
 * @param {Answer} answer
 * @returns {Answer}
 */
export function summed(sum, answer) {
  if (!sum) return answer;
  const before = sum.coverage;
  const now = answer.coverage;
  return {
    ...answer,
    coverage: {
      requests: before.requests,
      has_more: before.has_more,
      without_tape: before.without_tape,
      tapes: before.tapes + now.tapes,
      replayed: before.replayed + now.replayed,
      cut: before.cut + now.cut,
      unknown: before.unknown + now.unknown,
      reasons: [...new Set([...before.reasons, ...now.reasons])].slice(0, MOST_REASONS),
    },
    unchanged: sum.unchanged + answer.unchanged,
    noisy: sum.noisy + answer.noisy,
    groups: merged(sum.groups, answer.groups),
    oldest: answer.oldest ?? sum.oldest,
  };
}

/**
 * How much of the tapes has been looked at, from 0 to 1; null: nobody knows.
 * @param {Answer | null} sum
 */
export function progress(sum) {
  if (!sum) return null;
  const { requests, without_tape, has_more, tapes } = sum.coverage;
  if (!sum.next) return 1;
  const all = requests - without_tape;
  return has_more || all <= 0 ? null : Math.min(1, tapes / all);
}

/**
 * How many token requests differ in each way.
 * @param {Group[]} groups
 * @returns {{ kind: string, count: number }[]} the gravest first
 */
export function byKind(groups) {
  return KINDS.map((kind) => ({
    kind,
    count: groups.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.count, 0),
  })).filter(({ count }) => count);
}

/**
 * Examples that change in the same way, together.
 * @param {Example[]} examples
 * @returns {{ ids: string[], changes: Example["changes"] }[]}
 */
export function alike(examples) {
  /** @type {Map<string, { ids: string[], changes: Example["changes"] }>} */
  const found = new Map();
  for (const { exchange_id, changes } of examples) {
    const key = JSON.stringify(changes);
    found.set(key, { ids: [...found.get(key)?.ids ?? [], exchange_id], changes });
  }
  return [...found.values()];
}

/**
 * @param {Group[]} groups
 * @param {Group[]} more
 */
function merged(groups, more) {
  /** @type {Map<string, Group>} */
  const found = new Map();
  for (const group of [...groups, ...more]) {
    const key = JSON.stringify([group.client_id, group.kind]);
    const before = found.get(key);
    found.set(
      key,
      !before ? group : {
        ...group,
        count: before.count + group.count,
        examples: [...before.examples, ...group.examples].slice(0, MOST_EXAMPLES),
      },
    );
  }
  return [...found.values()].sort((one, other) =>
    KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || other.count - one.count
  );
}
