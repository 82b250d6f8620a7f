import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { linkIn } from "../../../../../gateway/rulemint_gateway/web/console/pages/sign_in/link.js";
import { at, matched, placeOf } from "../../../../../gateway/rulemint_gateway/web/console/state/router.js";

Deno.test("a fragment is a path and a query", () => {
  deepStrictEqual(placeOf("#/rules/r%2F1?tab=versions&q=a%20b"), {
    path: "/rules/r%2F1",
    query: { tab: "versions", q: "a b" },
  });
  deepStrictEqual(placeOf(""), { path: "/", query: {} });
  deepStrictEqual(placeOf("#rules/"), { path: "/rules", query: {} });
});

Deno.test("an address leaves out what is empty, and reads back as it was written", () => {
  const address = at("/logs", { client: "a&b#c", level: "", since: null, take: 5 });
  strictEqual(address, "#/logs?client=a%26b%23c&take=5");
  deepStrictEqual(placeOf(address).query, { client: "a&b#c", take: "5" });
});

Deno.test("a pattern's parts are decoded, and it fits only paths of its length", () => {
  deepStrictEqual(matched("/rules/:id", "/rules/r%2F1"), { id: "r/1" });
  deepStrictEqual(matched("/rules/:id", "/rules/%zz"), { id: "%zz" });
  strictEqual(matched("/rules/:id", "/rules"), null);
  strictEqual(matched("/rules/:id", "/clients/1"), null);
  deepStrictEqual(matched("/", "/"), {});
});

Deno.test("a link's proof is taken from a fragment of that form alone", () => {
  strictEqual(linkIn("#link=abc-DEF_1.2~"), "abc-DEF_1.2~");
  strictEqual(linkIn("#link="), null);
  strictEqual(linkIn("#/rules?link=abc"), null);
  strictEqual(linkIn("#link=abc&more"), null);
});
