import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { PLACES, read, written } from "../../../../../gateway/rulemint_gateway/web/console/pages/exchanges/changes.js";
import { claimChanges, claimsOf } from "../../../../../gateway/rulemint_gateway/web/console/pages/exchanges/claims.js";
import { foundIn } from "../../../../../gateway/rulemint_gateway/web/console/pages/exchanges/token.js";

const ID = "exc_01a22d68210e59d61047b7d9a633";
const tokenOf = (/** @type {string} */ payload) => {
  const bytes = new TextEncoder().encode(payload);
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `eyJhbGciOiJSUzI1NiJ9.${text}.c2lnbmF0dXJl`;
};

Deno.test("a token leads to the record by its jti, whatever else is in it", () => {
  deepStrictEqual(foundIn(tokenOf(`{"jti":"${ID}","name":"Zoë ☃ >>>???"}`)), { id: ID });
  deepStrictEqual(foundIn(`  Bearer ${tokenOf(`{"jti":"${ID}"}`)}\n`), { id: ID });
  deepStrictEqual(foundIn(tokenOf('{"jti":"of-another-issuer"}')), { jti: "of-another-issuer" });
});

Deno.test("an id, its end and a jti are told apart", () => {
  deepStrictEqual(foundIn(ID), { id: ID });
  deepStrictEqual(foundIn("47b7d9a633"), { end: "47b7d9a633" });
  deepStrictEqual(foundIn("exc_47b7d9a633"), { end: "47b7d9a633" });
  deepStrictEqual(foundIn("some-jti"), { jti: "some-jti" });
});

Deno.test("what is no token is refused with a reason, and nothing of it is searched for", () => {
  for (
    const text of ["", " ", "a b", "a.b.c", "..", tokenOf("[]"), tokenOf("null"), tokenOf("{}"), tokenOf('{"jti":7}')]
  ) {
    strictEqual("problem" in foundIn(text), true, text);
  }
});

const report = (/** @type {Record<string, unknown>} */ claims) => ({
  scope_given: [],
  scope_added: [],
  scope_removed: [],
  claims_set: claims,
});

Deno.test("a claim has what it was before the rule, and a later rule wins", () => {
  const reports = [report({ plan: "free", limit: 1 }), report({ plan: "gold" })];
  deepStrictEqual(claimChanges(reports, 1), [{ what: "plan", before: "free", after: "gold" }]);
  deepStrictEqual({ ...claimsOf(reports) }, { plan: "gold", limit: 1 });
});

Deno.test("a claim with the name of what objects have is a claim as any other", () => {
  const reports = [report({}), report(JSON.parse('{"constructor":1,"__proto__":2}'))];
  deepStrictEqual(claimChanges(reports, 1), [
    { what: "constructor", before: undefined, after: 1 },
    { what: "__proto__", before: undefined, after: 2 },
  ]);
});

Deno.test("changes are written as a replay takes them, and read back", () => {
  const changes =
    /** @type {import("../../../../../gateway/rulemint_gateway/web/console/pages/exchanges/changes.js").Change[]} */ ([
      { what: "client.metadata.plan", how: "=", value: "a=b" },
      { what: "scope", how: "+=", value: "write" },
      { what: "scope", how: "-=", value: "read" },
      { what: "request.body.seats", how: ":=", value: "[1]" },
      { what: "request.query.trial", how: "-=", value: "" },
    ]);
  const texts = [
    "client.metadata.plan=a=b",
    "scope+=write",
    "scope-=read",
    "request.body.seats:=[1]",
    "request.query.trial-=",
  ];
  deepStrictEqual(written(changes), texts);
  deepStrictEqual(read(texts), changes);
  deepStrictEqual(written([{ what: PLACES[0], how: "=", value: "x" }, { what: " ", how: "=", value: "" }]), []);
});
