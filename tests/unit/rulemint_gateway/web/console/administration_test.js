import assert from "node:assert/strict";
import { isOne } from "../../../../../gateway/rulemint_gateway/web/console/pages/audit/audit.js";
import { joined, recordsThat } from "../../../../../gateway/rulemint_gateway/web/console/pages/audit/reading.js";
import { bodyOf, scopesIn, writtenOf } from "../../../../../gateway/rulemint_gateway/web/console/pages/apis/fields.js";
import {
  LANGUAGES,
  snippetOf,
} from "../../../../../gateway/rulemint_gateway/web/console/pages/clients/snippet_texts.js";
import { placed } from "../../../../../gateway/rulemint_gateway/web/console/components/form.js";
import { narrowed } from "../../../../../gateway/rulemint_gateway/web/console/components/search.js";
import { begun } from "../../../../../gateway/rulemint_gateway/web/console/state/edits.js";
import { NotJson, objectIn } from "../../../../../gateway/rulemint_gateway/web/console/text/json.js";

Deno.test("a list is narrowed to the rows that have every word somewhere", () => {
  const rows = [{ name: "Billing robot", id: "c1" }, { name: "Shop", id: "c2-billing" }];
  const found = (/** @type {string} */ query) =>
    narrowed(rows, query, (row) => [row.name, row.id]).map((row) => row.id);
  assert.deepEqual(found(""), ["c1", "c2-billing"]);
  assert.deepEqual(found(" BILLING "), ["c1", "c2-billing"]);
  assert.deepEqual(found("robot billing"), ["c1"]);
});

Deno.test("a problem goes to its field, also one of a part of it, and any other stands by itself", () => {
  assert.deepEqual(placed({ message: "no", field: "scopes[0].value" }, ["scopes"]), { field: "scopes", text: "no" });
  assert.deepEqual(placed({ message: "no", field: "other" }, ["scopes"]), { field: "", text: "no" });
  assert.deepEqual(placed(new Error("gone"), ["scopes"]), { field: "", text: "gone" });
});

Deno.test("metadata is an object in JSON, and what is none says so at its field", () => {
  assert.deepEqual(objectIn("  ", "client_metadata"), {});
  assert.deepEqual(objectIn('{"plan": "gold"}', "client_metadata"), { plan: "gold" });
  for (const text of ["[]", "null", "3", "{plan: 1}"]) {
    assert.throws(
      () => objectIn(text, "client_metadata"),
      (error) => error instanceof NotJson && error.field === "client_metadata",
    );
  }
});

Deno.test("scopes are read as they are written, with what they mean", () => {
  assert.deepEqual(scopesIn(" read:orders  Read orders\n\nwrite:orders\n"), [
    { value: "read:orders", description: "Read orders" },
    { value: "write:orders", description: "" },
  ]);
  const record = {
    name: "Orders",
    scopes: scopesIn("a b c\nd"),
    signing_alg: "ES256",
    token_lifetime: 60,
    enforce_grant_scopes: true,
  };
  assert.deepEqual(bodyOf(writtenOf(record)), record);
});

Deno.test("a snippet quotes what somebody else chose, so that nothing of it is run", () => {
  const hostile = `x' $(touch /tmp/canary) \`id\` "; \\ \u202e`;
  const request = { origin: "https://tokens.example", clientId: hostile, audience: hostile };
  const written = JSON.stringify(hostile).replace("\u202e", "\\u202e");
  for (const { value } of LANGUAGES.filter((each) => each.value !== "curl")) {
    assert.equal(snippetOf(value, request).split(written).length, 3, value);
  }
  const quoted = `x'\\'' $(touch /tmp/canary) \`id\` "; \\ \u202e`;
  const curl = snippetOf("curl", request);
  assert.ok(curl.includes(` 'client_id=${quoted}' `), curl);
  assert.ok(curl.includes(` 'audience=${quoted}'\n`), curl);
});

Deno.test("the audit shows changes first, and what a filter asks for", () => {
  const change = { type: "sapi", client_id: "c1", client_name: "Ann", description: "POST /api/v2/clients" };
  const none = { kind: "", client: "", text: "" };
  assert.ok(isOne(change, none));
  assert.ok(!isOne({ ...change, type: "seccft" }, none));
  assert.ok(isOne({ ...change, type: "seccft" }, { ...none, kind: "token" }));
  assert.ok(isOne(change, { ...none, client: "Ann", text: "CLIENTS" }));
  assert.ok(!isOne(change, { ...none, client: "c2" }));
});

Deno.test("the audit reads on until there is enough, and says where to go on", async () => {
  /** @type {number[]} */
  const pages = [];
  const ask = (/** @type {string} */ _path, /** @type {any} */ { query }) => {
    pages.push(query.page);
    const body = Array.from(
      { length: query.page < 3 ? 100 : 7 },
      (_each, at) => ({ log_id: `${query.page}-${at}`, kept: at < 20 }),
    );
    return Promise.resolve(/** @type {any} */ ({ body }));
  };
  const first = await recordsThat((record) => record.kept, { ask });
  assert.deepEqual([first.rows.length, first.next], [60, 3]);
  const rest = await recordsThat((record) => record.kept, { ask, page: 3 });
  assert.deepEqual([rest.rows.length, rest.next, pages], [7, null, [0, 1, 2, 3]]);
  assert.equal(joined(first.rows, [...first.rows, ...rest.rows]).length, 67);
});

Deno.test("a draft in the browser counts if it fits the form, and nonsense does not", () => {
  const record = { etag: "e2", values: { name: "a", failures: true } };
  const kept = { etag: "e1", values: { name: "b", failures: false } };
  assert.deepEqual(begun(kept, record), kept);
  for (const nonsense of [undefined, null, 3, {}, { etag: 1, values: kept.values }, { etag: "e", values: null }]) {
    assert.equal(begun(nonsense, record), record);
  }
  assert.equal(begun({ etag: "e1", values: { name: {}, failures: true } }, record), record);
  assert.equal(begun({ etag: "e1", values: { ...kept.values, more: "x" } }, record), record);
});
