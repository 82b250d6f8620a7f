import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { completed, meant } from "../../../../../gateway/rulemint_gateway/web/console/components/code/rule_names.js";

const namesAt = (/** @type {string} */ text, /** @type {string} */ language) =>
  completed(text, language)?.names.map(({ name }) => name) ?? [];

Deno.test("members are completed along a chain, also through types that stand right there", () => {
  deepStrictEqual(namesAt("client.", "javascript"), ["tenant", "id", "name", "metadata"]);
  deepStrictEqual(namesAt("  api.accessToken.set", "typescript"), ["setCustomClaim", "addScope", "removeScope"]);
  ok(namesAt("const ip = context.webtask?.", "javascript").includes("secrets"));
  strictEqual(completed("client.me", "javascript")?.from, 2);
});

Deno.test("Python reads dictionaries by keys and all else by a dot", () => {
  ok(namesAt('context["webtask"]["', "python").includes("secrets"));
  deepStrictEqual(namesAt("client.", "python"), []);
  ok(namesAt("storage.", "python").includes("set"));
  ok(namesAt("fet", "python").includes("fetch"));
});

Deno.test("nothing is completed of names that nobody told the console of, also of those that all objects have", () => {
  strictEqual(completed("something.", "javascript"), null);
  strictEqual(completed("client.constructor.", "javascript"), null);
  strictEqual(completed("// client.", "javascript"), null);
  strictEqual(completed("", "javascript"), null);
});

Deno.test("a name says its type and what it is", () => {
  strictEqual(meant("client.metadata", "javascript")?.type, "Record<string, string>");
  ok(meant("event", "javascript")?.type === "Event");
  ok(meant("throw new AccessDenied", "javascript")?.doc.startsWith("403"));
  strictEqual(meant('client["metadata', "python")?.type, "dict[str, str]");
  strictEqual(meant("elsewhere", "javascript"), null);
});
