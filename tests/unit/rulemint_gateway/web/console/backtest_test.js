import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { figures, rate, stepsOf } from "../../../../../gateway/rulemint_gateway/web/console/pages/backtest/sides.js";
import {
  alike,
  byKind,
  progress,
  summed,
} from "../../../../../gateway/rulemint_gateway/web/console/pages/backtest/sum.js";

/** @typedef {import("../../../../../gateway/rulemint_gateway/web/console/pages/backtest/sum.js").Answer} Answer */

const group = (/** @type {string} */ client, /** @type {string} */ kind, /** @type {number} */ count) => ({
  client_id: client,
  client_name: client,
  kind,
  count,
  examples: [1, 2, 3].map((number) => ({ exchange_id: `${client}${number}`, changes: [] })),
});
const answer = (
  /** @type {Partial<Answer>} */ more,
  /** @type {Partial<Answer["coverage"]>} */ coverage = {},
) => /** @type {Answer} */ ({
  version: 1,
  coverage: {
    requests: 0,
    has_more: false,
    without_tape: 0,
    tapes: 10,
    replayed: 9,
    cut: 1,
    unknown: 0,
    reasons: ["cut"],
    ...coverage,
  },
  unchanged: 5,
  noisy: 1,
  groups: [],
  ...more,
});

Deno.test("calls of one backtest are one result, and what the first alone counts stays", () => {
  const first = answer({ groups: [group("a", "slower", 2)], next: "x" }, { requests: 40, without_tape: 20 });
  const second = answer({ groups: [group("a", "slower", 3), group("b", "newly_denied", 1)] });
  const sum = summed(summed(null, first), second);
  deepStrictEqual(sum.coverage, {
    requests: 40,
    has_more: false,
    without_tape: 20,
    tapes: 20,
    replayed: 18,
    cut: 2,
    unknown: 0,
    reasons: ["cut"],
  });
  deepStrictEqual(sum.groups.map(({ client_id, kind, count, examples }) => [client_id, kind, count, examples.length]), [
    ["b", "newly_denied", 1, 3],
    ["a", "slower", 5, 5],
  ]);
  deepStrictEqual([sum.unchanged, sum.noisy, sum.next], [10, 2, undefined]);
  deepStrictEqual(byKind(sum.groups), [{ kind: "newly_denied", count: 1 }, { kind: "slower", count: 5 }]);
});

Deno.test("progress is a part of the tapes, and is not made up where nobody knows how many there are", () => {
  strictEqual(progress(null), null);
  strictEqual(progress(answer({ next: "x" }, { requests: 50, without_tape: 30 })), 0.5);
  strictEqual(progress(answer({ next: "x" }, { requests: 50, has_more: true })), null);
  strictEqual(progress(answer({})), 1);
});

Deno.test("examples that change in the same way stand together", () => {
  const changes = [{ what: "scope", before: [], after: ["a"] }];
  const found = alike([
    { exchange_id: "1", changes },
    { exchange_id: "2", changes: [] },
    { exchange_id: "3", changes: [{ ...changes[0] }] },
  ]);
  deepStrictEqual(found.map(({ ids }) => ids), [["1", "3"], ["2"]]);
});

Deno.test("figures of a version are of one step or of all", () => {
  const counts = [
    { step: 0, version: 1, requests: 90, failed: 1, denied: 2 },
    { step: 0, version: 2, requests: 10, failed: 3, denied: 0 },
    { step: 1, version: 2, requests: 5, failed: 0, denied: 1 },
  ];
  deepStrictEqual(figures(counts, ({ version }) => version === 2), { requests: 15, failed: 3, denied: 1 });
  deepStrictEqual(figures(counts, ({ step }) => step === 7), { requests: 0, failed: 0, denied: 0 });
  deepStrictEqual([rate(0, 0), rate(1, 3), rate(1, 1000), rate(1, 1)], ["–", "33.3 %", "0.1 %", "100 %"]);
});

Deno.test("steps are read as people write them, and nonsense is no step", () => {
  deepStrictEqual(stepsOf("5%, 25 100"), [5, 25, 100]);
  for (const text of ["", "a", "0", "101", "5,,x"]) strictEqual(stepsOf(text), null);
});
