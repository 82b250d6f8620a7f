import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  caseOf,
  inputsIn,
  inputsOfCase,
  inputsOfExchange,
} from "../../../../../gateway/rulemint_gateway/web/console/state/trial_inputs.js";
import { payloadOf, stepsOf } from "../../../../../gateway/rulemint_gateway/web/console/state/trial_steps.js";

const TRIAL = /** @type {any} */ ({
  outcome: "granted",
  scope: ["read", "write"],
  claims: { plan: "gold" },
  dropped: [],
  lines: [],
  calls: [],
  duration_ms: 10,
});

Deno.test("a recorded request becomes inputs, without what was masked", () => {
  const record = {
    client_id: "c1",
    audience: "https://api/",
    scope_asked: ["read"],
    ip: "192.0.2.1",
    user_agent: "curl",
    parameters: { grant_type: "client_credentials", client_secret: "***", org: "acme", token: "***" },
  };
  deepStrictEqual(inputsOfExchange(record), {
    client: "c1",
    audience: "https://api/",
    scope: ["read"],
    context: { ip: "192.0.2.1", userAgent: "curl", body: { grant_type: "client_credentials", org: "acme" } },
  });
  deepStrictEqual(inputsOfExchange({}).context, { ip: "127.0.0.1" });
});

Deno.test("what was tried becomes a case, and a case becomes what is tried", () => {
  const inputs = { client: { id: "a" }, scope: ["read"], context: { userAgent: "curl" } };
  const made = caseOf("one", inputs, TRIAL);
  deepStrictEqual(made, {
    name: "one",
    client: { id: "a" },
    scope: ["read"],
    user_agent: "curl",
    expect: { claims: { plan: "gold" }, scope: ["read", "write"] },
  });
  const again = inputsOfCase(made);
  deepStrictEqual(again.client, { id: "a", name: "Test client" });
  deepStrictEqual([again.audience, again.secrets], ["https://api.example.com/", {}]);
  deepStrictEqual(again.context, { userAgent: "curl" });
  strictEqual(inputsOfCase({ name: "two", client: "stored", expect: {} }).audience, undefined);
  deepStrictEqual(caseOf("no", inputs, { ...TRIAL, outcome: "denied", error: { code: "access_denied" } }).expect, {
    refused: { error: "access_denied" },
  });
});

Deno.test("inputs that are no inputs say what is missing", () => {
  match(inputsIn("{").problem, /^This is not JSON yet/);
  match(inputsIn("[]").problem, /object/);
  match(inputsIn("{}").problem, /client/);
  deepStrictEqual(inputsIn('{"client":"c"}'), { inputs: { client: "c" }, problem: "" });
});

Deno.test("rules of a trial follow each other, and no call begins before its rule", () => {
  const call = { ts: "2026-01-01T00:00:00.010Z", method: "GET", host: "h", status: 200, duration_ms: 8, error: "" };
  const rule = (
    /** @type {string} */ name,
    /** @type {any[]} */ calls,
    /** @type {string} */ outcome = "granted",
  ) => /** @type {any} */ ({ rule: name, version: 1, outcome, duration_ms: 5, calls });
  const flow = [rule("a", []), rule("b", [call]), rule("c", [], "not_run")];
  const steps = stepsOf({ ...TRIAL, flow }, "");
  deepStrictEqual(steps.map((each) => [each.rule, each.began_ms]), [["a", 0], ["b", 5]]);
  deepStrictEqual(steps[1].calls?.map((each) => each.began_ms), [5]);
  strictEqual(stepsOf(TRIAL, "alone")[0].rule, "alone");
});

Deno.test("a payload has the scopes as a token has them", () => {
  deepStrictEqual(payloadOf(TRIAL, { client: "c", audience: "api" }), {
    sub: "c@clients",
    aud: "api",
    scope: "read write",
    plan: "gold",
  });
});
