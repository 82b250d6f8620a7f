import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { moved, rebased, sideBySide } from "../../../../../gateway/rulemint_gateway/web/console/state/flow_order.js";
import { whomOf } from "../../../../../gateway/rulemint_gateway/web/console/state/pauses.js";

/** @param {string} ids */
const rules = (ids) => [...ids].map((id) => ({ id, name: `rule ${id}` }));
/** @param {{ id: string }[]} list */
const ids = (list) => list.map(({ id }) => id).join("");

Deno.test("a rule that moves takes the place that it was moved to", () => {
  strictEqual(ids(moved(rules("abcd"), 3, 0)), "dabc");
  strictEqual(ids(moved(rules("abcd"), 0, 2)), "bcad");
});

Deno.test("an order goes on with the rules that somebody else has left", () => {
  strictEqual(ids(rebased(rules("cab"), rules("abc"))), "cab");
  strictEqual(ids(rebased(rules("cab"), rules("bc"))), "cb");
  strictEqual(ids(rebased([], rules("ab"))), "ab");
});

Deno.test("a rule that somebody else has added stands behind the one that it follows there", () => {
  strictEqual(ids(rebased(rules("ba"), rules("axyb"))), "baxy");
  strictEqual(ids(rebased(rules("ba"), rules("xab"))), "xba");
});

Deno.test("two orders stand side by side, and say where they differ", () => {
  deepStrictEqual(sideBySide(rules("ab"), rules("bac")).map(({ theirs, mine, differs }) => [theirs, mine, differs]), [
    ["rule a", "rule b", true],
    ["rule b", "rule a", true],
    ["", "rule c", true],
  ]);
  deepStrictEqual(sideBySide(rules("a"), rules("a"))[0].differs, false);
});

Deno.test("a pause says whom it is for", () => {
  const pause = { until: "", why: "", version: 1, for_all: false, clients: ["c_1"], client_count: 1 };
  strictEqual(whomOf(pause), "the client c_1");
  strictEqual(whomOf({ ...pause, clients: ["c_1", "c_2"], client_count: 40 }), "40 clients");
  strictEqual(whomOf({ ...pause, for_all: true, clients: [], client_count: 0 }), "all clients");
});
