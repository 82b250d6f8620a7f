import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ranked } from "../../../../../gateway/rulemint_gateway/web/console/components/palette_ranking.js";
import {
  moved,
  scrolledTo,
  windowOf,
} from "../../../../../gateway/rulemint_gateway/web/console/components/virtual_window.js";
import { pressedKeys, spelled } from "../../../../../gateway/rulemint_gateway/web/console/state/shortcuts.js";

Deno.test("only the rows in sight and a few around them are in the document", () => {
  const list = { count: 10_000, rowHeight: 20, height: 400, around: 5 };
  deepStrictEqual(windowOf({ ...list, scrolled: 0 }), { first: 0, last: 25 });
  deepStrictEqual(windowOf({ ...list, scrolled: 1_010 }), { first: 45, last: 76 });
  deepStrictEqual(windowOf({ ...list, scrolled: 10_000_000 }), { first: 10_000, last: 10_000 });
  deepStrictEqual(windowOf({ ...list, count: 0, scrolled: 0 }), { first: 0, last: 0 });
});

Deno.test("keys reach every row and go no further", () => {
  const list = { at: 3, count: 10, page: 5 };
  deepStrictEqual(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "a"].map((key) => moved(key, list)), [
    4,
    2,
    8,
    0,
    0,
    9,
    undefined,
  ]);
  strictEqual(moved("ArrowDown", { at: -1, count: 1, page: 1 }), 0);
  strictEqual(moved("End", { at: -1, count: 0, page: 1 }), undefined);
});

Deno.test("a row comes into sight by as little as is needed", () => {
  const list = { rowHeight: 20, scrolled: 100, height: 100 };
  deepStrictEqual([2, 6, 12].map((row) => scrolledTo(row, list)), [40, 100, 160]);
});

Deno.test("the palette puts a name that begins so before one that has it inside", () => {
  const entry = (/** @type {string} */ says) => ({ kind: "rule", says, run: () => {} });
  const found = ranked("bil", [entry("mobile"), entry("old billing"), entry("billing"), entry("other")]);
  deepStrictEqual(found.map(({ says }) => says), ["billing", "old billing", "mobile"]);
  strictEqual(ranked("rule zz", [entry("a")]).length, 0);
  strictEqual(ranked("", [entry("a"), entry("b")]).length, 2);
});

Deno.test("keys are named as shortcuts name them, on a Mac too", () => {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
  strictEqual(pressedKeys({ ...none, key: "k", ctrlKey: true }, false), "Mod-k");
  strictEqual(pressedKeys({ ...none, key: "k", metaKey: true }, true), "Mod-k");
  strictEqual(pressedKeys({ ...none, key: "k", ctrlKey: true }, true), "Ctrl-k");
  strictEqual(pressedKeys({ ...none, key: "Enter", ctrlKey: true, shiftKey: true }, false), "Mod-Shift-Enter");
  strictEqual(pressedKeys({ ...none, key: "?", shiftKey: true }, false), "?");
  strictEqual(pressedKeys({ ...none, key: "Shift", shiftKey: true }, false), "");
  deepStrictEqual(spelled("Mod-k", false), [["Ctrl", "K"]]);
  deepStrictEqual(spelled("g r", false), [["G"], ["R"]]);
});
