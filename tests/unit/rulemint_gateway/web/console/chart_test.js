import { deepStrictEqual } from "node:assert/strict";
import { dataOf } from "../../../../../gateway/rulemint_gateway/web/console/components/chart_data.js";

const TIMES = [60, 120, 180];
const SERIES = [{ values: [1, null, 3] }, { values: [4, 5, null] }];

Deno.test("a chart of what is over draws each series as it is", () => {
  deepStrictEqual(dataOf(TIMES, SERIES, false), [TIMES, [1, null, 3], [4, 5, null]]);
});

Deno.test("the last time, which is not over, is a line of its own that joins the one before", () => {
  deepStrictEqual(dataOf(TIMES, SERIES, true), [
    TIMES,
    [1, null, null],
    [4, 5, null],
    [null, null, 3],
    [null, 5, null],
  ]);
});

Deno.test("the first minute of all may be the one that is not over", () => {
  deepStrictEqual(dataOf([60], [{ values: [7] }], true), [[60], [null], [7]]);
});
