import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { piecesOf, plainly, shortened } from "../../../../../gateway/rulemint_gateway/web/console/text/hostile.js";

Deno.test("a text without anything hidden is one piece", () => {
  deepStrictEqual(piecesOf("Zürich <b>& 東京 🙂"), [{ text: "Zürich <b>& 東京 🙂" }]);
  deepStrictEqual(piecesOf(""), []);
});

Deno.test("a mark that turns the direction of writing is shown by its number and name", () => {
  deepStrictEqual(piecesOf("a\u202egpj.exe"), [
    { text: "a" },
    { mark: "U+202E", name: "right-to-left override" },
    { text: "gpj.exe" },
  ]);
});

Deno.test("every control and format character is shown", () => {
  for (let code = 0; code < 0x110000; code++) {
    const character = String.fromCodePoint(code);
    if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(character)) continue;
    const [piece] = piecesOf(character);
    if (!("mark" in piece)) throw new Error(code.toString(16));
  }
});

Deno.test("a line break stays one where lines are wanted, and is a mark elsewhere", () => {
  deepStrictEqual(piecesOf("a\n\tb", { lines: true }), [{ text: "a\n\tb" }]);
  strictEqual(plainly("a\nb"), "a⟦U+000A⟧b");
});

Deno.test("an emoji of several stays one, and the same joiner between letters is shown", () => {
  deepStrictEqual(piecesOf("👩‍💻"), [{ text: "👩‍💻" }]);
  strictEqual(plainly("ad\u200dmin"), "ad⟦U+200D⟧min");
});

Deno.test("a lone half of a pair is shown", () => {
  strictEqual(plainly("\ud83d!"), "⟦U+D83D⟧!");
});

Deno.test("a text that is cut ends with a whole character", () => {
  strictEqual(shortened("abc", 3), "abc");
  strictEqual(shortened("abcd", 3), "ab…");
  strictEqual(shortened("a🙂cd", 3), "a…");
});
