import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { away, local, utc } from "../../../../../gateway/rulemint_gateway/web/console/text/moments.js";
import {
  counted,
  duration,
  quantile,
  several,
  size,
} from "../../../../../gateway/rulemint_gateway/web/console/text/numbers.js";

const AT = "2026-03-29T00:59:59.123Z";

Deno.test("a time is shown in the reader's zone, with the day unless it is today", () => {
  const now = Date.parse("2026-03-29T12:00:00Z");
  strictEqual(local(AT, { now, zone: "Europe/Zurich" }), "01:59:59");
  strictEqual(local(AT, { now, zone: "America/New_York" }), "2026-03-28 20:59:59");
  strictEqual(local(AT, { now, zone: "Europe/Zurich", milliseconds: true }), "01:59:59.123");
});

Deno.test("the hour that a zone leaves out is never shown", () => {
  const now = Date.parse("2026-03-29T12:00:00Z");
  strictEqual(local("2026-03-29T01:00:00Z", { now, zone: "Europe/Zurich" }), "03:00:00");
});

Deno.test("UTC says so", () => {
  strictEqual(utc(AT), "2026-03-29 00:59:59.123 UTC");
  strictEqual(utc("nonsense"), "no time");
});

Deno.test("a distance has one unit", () => {
  const now = Date.parse(AT);
  deepStrictEqual(
    [0, 4_000, 59_000, 61_000, 7_200_000, 200_000_000, -90_000].map((ms) => away(now - ms, now)),
    ["now", "now", "59 s ago", "1 min ago", "2 h ago", "2 d ago", "in 2 min"],
  );
});

Deno.test("a duration has as many digits as matter", () => {
  deepStrictEqual(
    [0, 0.416, 3.14, 12.6, 999.4, 1_340, 42_000, 125_000, 5_400_000, null, NaN].map(duration),
    ["0 ms", "0.42 ms", "3.1 ms", "13 ms", "999 ms", "1.3 s", "42 s", "2 min", "1.5 h", "–", "–"],
  );
});

Deno.test("counts and sizes are grouped", () => {
  strictEqual(counted(1234567), "1\u202f234\u202f567");
  strictEqual(several(1, "rule"), "1 rule");
  strictEqual(several(2, "policy", "policies"), "2 policies");
  deepStrictEqual([999, 4100, 2_000_000].map(size), ["999 B", "4.1 kB", "2.0 MB"]);
});

Deno.test("a quantile is a value that was seen", () => {
  strictEqual(quantile([], 0.5), null);
  strictEqual(quantile([7], 0.99), 7);
  strictEqual(quantile([4, 1, 3, 2], 0.5), 2);
  strictEqual(quantile(Array.from({ length: 100 }, (_, index) => index + 1), 0.99), 99);
});
