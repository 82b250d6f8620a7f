import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  changesOf,
  listOf,
  packagesOf,
  packagesText,
  powerDifference,
  textOf,
} from "../../../../../gateway/rulemint_gateway/web/console/state/rule_texts.js";
import { diagnosticsOf, problemIn } from "../../../../../gateway/rulemint_gateway/web/console/state/rule_problems.js";

Deno.test("a text differs by its fields, and not by the order of their keys or by limits that are not set", () => {
  const base = textOf({ script: "a", limits: { timeout_s: null }, cases: [{ name: "one", expect: { scope: [] } }] });
  const same = textOf({ script: "a", cases: [{ expect: { scope: [] }, name: "one" }] });
  deepStrictEqual(changesOf(same, base), {});
  deepStrictEqual(changesOf({ ...same, script: "b", allow_hosts: ["h"] }, base), { script: "b", allow_hosts: ["h"] });
});

Deno.test("power is told by what comes and what goes, and not at all if one side is not known", () => {
  const power = { claims: ["plan"], scopes: [], hosts: [], audiences: [] };
  strictEqual(powerDifference(null, power), null);
  deepStrictEqual(powerDifference(power, power), []);
  deepStrictEqual(powerDifference(power, { ...power, claims: ["tier"], hosts: ["h"] }), [
    { sign: "+", kind: "claim", name: "tier" },
    { sign: "−", kind: "claim", name: "plan" },
    { sign: "+", kind: "host", name: "h" },
  ]);
});

Deno.test("packages and hosts are read from lines as people write them", () => {
  const packages = { axios: "^1", "@scope/one": "2.0.0", ip: "*", requests: "2.32" };
  deepStrictEqual(packagesOf("axios ^1\n@scope/one@2.0.0\n\nip\nrequests==2.32"), packages);
  deepStrictEqual(packagesOf(packagesText(packages)), packages);
  deepStrictEqual(listOf(" a.example\nb.example, a.example\n"), ["a.example", "b.example"]);
});

Deno.test("what a check or a trial says is wrong has its place; only a check tells whether a text loads", () => {
  const error = /** @type {any} */ ({ message: "SyntaxError: no", line: 2, column: 7 });
  const trial = /** @type {any} */ ({ outcome: "failed:exception", error: { ...error, message: "TypeError: x" } });
  const syntax = problemIn({ load: { loads: false, error }, trial: null });
  deepStrictEqual(syntax, { line: 2, column: 7, message: "SyntaxError: no", loads: false });
  deepStrictEqual(problemIn({ load: { loads: false, error }, trial }), syntax);
  strictEqual(problemIn({ load: { loads: true }, trial: null }), null);
  deepStrictEqual(problemIn({ load: { loads: true }, trial }), {
    line: 2,
    column: 7,
    message: "With these inputs: TypeError: x",
    loads: true,
  });
  strictEqual(problemIn({ load: null, trial: { ...trial, outcome: "failed:syntax" } })?.loads, false);
  strictEqual(problemIn({ load: null, trial: { ...trial, outcome: "denied" } }), null);
  const offsetOf = (/** @type {string} */ text) => text.indexOf("wrong");
  const [found] = diagnosticsOf("a\nb wrong;", syntax, offsetOf);
  deepStrictEqual([found.from, found.to, found.severity], [4, 9, "error"]);
});
