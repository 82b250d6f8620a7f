import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  behind,
  EMPTY_BOOK,
  oldestOf,
  withNewer,
  withOlder,
} from "../../../../../gateway/rulemint_gateway/web/console/pages/logs/book.js";
import { byPlace, recordOf, recordsOf } from "../../../../../gateway/rulemint_gateway/web/console/pages/logs/record.js";

const line = (/** @type {number} */ count) => `{"id":"${1000 + count}-${count}","type":"line","message":"m${count}"}`;
const lines = (/** @type {number[]} */ ...counts) => recordsOf(counts.map(line).join("\n"));
const said = (/** @type {{ rows: { message: string }[] }} */ book) => book.rows.map(({ message }) => message);

Deno.test("what is no record is left out, and what is one has every field of its kind", () => {
  for (const text of ["", "[]", "null", "7", "{", '"line"']) strictEqual(recordOf(text), null);
  const odd = recordOf('{"id":{},"type":4,"level":"fatal","message":["x"],"rule":null,"version":"3"}');
  deepStrictEqual({ ...odd, key: "" }, {
    key: "",
    id: "",
    ts: "",
    type: "",
    level: "info",
    message: "",
    rule: "",
    version: 0,
    invocation: "",
    client: "",
    audience: "",
    lost: false,
  });
});

Deno.test("rows without a place have a key of their own, and a loss is none of the records", () => {
  const [one, other] = recordsOf('{"type":"dropped","message":"a"}\n{"type":"dropped","message":"b"}');
  strictEqual(one.lost, true);
  strictEqual(one.key === other.key, false);
});

Deno.test("places are compared by number, not by letter", () => {
  strictEqual(byPlace("1000-9", "1000-10") < 0, true);
  strictEqual(byPlace("999-5", "1000-1") < 0, true);
});

Deno.test("what comes twice after a break is there once, and the newest is first", () => {
  const before = withNewer(EMPTY_BOOK, lines(1, 2, 3));
  const after = withNewer(before, lines(2, 3, 4));
  deepStrictEqual(said(after), ["m4", "m3", "m2", "m1"]);
  deepStrictEqual([after.newest, after.came], ["1004-4", 4]);
  strictEqual(withNewer(after, lines(4)), after);
});

Deno.test("the past comes behind what is there, and without what is there already", () => {
  const first = withOlder(withNewer(EMPTY_BOOK, lines(5, 6)), lines(3, 4, 5), { whole: false });
  deepStrictEqual([said(first), first.whole, oldestOf(first)], [["m6", "m5", "m4", "m3"], false, "1003-3"]);
  const book = withOlder(first, lines(1, 2), { whole: true });
  deepStrictEqual(said(book), ["m6", "m5", "m4", "m3", "m2", "m1"]);
  strictEqual(book.whole, true);
  strictEqual(book.came, 2);
});

Deno.test("a book has a bound, beyond which the oldest go and are told of", () => {
  const book = withNewer(withNewer(EMPTY_BOOK, lines(1, 2, 3), 3), lines(4), 3);
  deepStrictEqual(said(book), ["m4", "m3", "m2"]);
  deepStrictEqual([book.cut, book.whole], [true, false]);
  const past = withOlder(withNewer(EMPTY_BOOK, lines(3)), lines(1, 2), { whole: true, most: 2 });
  deepStrictEqual([said(past), past.cut, past.whole], [["m3", "m2"], true, false]);
});

Deno.test("clearing takes the rows up to a place, and a loss without a place goes with those around it", () => {
  const [loss] = recordsOf('{"type":"dropped","message":"lost"}');
  const { rows } = withNewer(EMPTY_BOOK, [...lines(1), loss, ...lines(2, 3)]);
  deepStrictEqual(behind(rows, "1002-2").map(({ message }) => message), ["m3"]);
  deepStrictEqual(behind(rows, "1001-1").map(({ message }) => message), ["m3", "m2", "lost"]);
  strictEqual(behind(rows, ""), rows);
});
