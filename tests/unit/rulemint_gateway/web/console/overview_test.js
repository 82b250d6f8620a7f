import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  attention,
  failingRules,
} from "../../../../../gateway/rulemint_gateway/web/console/pages/overview/attention.js";

/** @typedef {import("../../../../../gateway/rulemint_gateway/web/console/pages/overview/attention.js").Exchange} Exchange */

/**
 * @param {Partial<Exchange>} [changes]
 * @returns {Exchange}
 */
function failure(changes) {
  return {
    id: "exc_1",
    started_at_ms: 1_000,
    outcome: "failed:timeout",
    error: null,
    detail: "",
    client_id: "c",
    client_name: "C",
    rules: [{ rule: "first", version: 1 }, { rule: "billing", version: 2 }],
    first_rule: "first",
    more_like_it: 0,
    ...changes,
  };
}

const PAUSE = {
  until: "2026-11-25T08:00:05.000Z",
  why: "three timeouts of 2 s",
  version: 2,
  for_all: true,
  clients: [],
  client_count: 0,
};
const RULE = { id: "rul_1", name: "billing", enabled: true, version: 2, draft_version: null };
const RUNNER = { name: "r", contained: true, hosts: 1, busy_hosts: 0, invocations: 0, lost_log_records: 0 };
const STATUS = { gateways: ["g"], runners: [RUNNER], queue_depth: 0, wrong_clocks: [] };

Deno.test("the rule that ran last is the one that failed, and the newest failure is the one to open", () => {
  const [found, ...others] = failingRules([
    failure({ id: "exc_2" }),
    failure({ outcome: "failed:crashed" }),
    failure(),
  ]);
  strictEqual(others.length, 0);
  deepStrictEqual([found.rule, found.count, found.last.id], ["billing", 3, "exc_2"]);
  deepStrictEqual([...found.reasons], [["timeout", 2], ["crashed", 1]]);
});

Deno.test("a rule that pauses can be resumed, and says why it pauses and how often it failed", () => {
  const [item] = attention({ failed: [failure()], rules: [{ ...RULE, pause: PAUSE }], minutes: 15 });
  deepStrictEqual([item.about, item.grade, item.href], ["billing", "bad", "#/exchanges/exc_1"]);
  const pauses = "pauses for all clients, because of three timeouts of 2 s";
  strictEqual(item.says, `${pauses}; it failed 1 time in 15 minutes: timeout`);
  deepStrictEqual(item.resume, { ruleId: "rul_1", name: "billing" });
});

Deno.test("a rule that pauses is told also without a record of a failure", () => {
  const paused = { ...RULE, pause: { ...PAUSE, for_all: false, clients: ["c_1"], client_count: 1 } };
  const [item, ...others] = attention({ failed: [], rules: [paused], minutes: 15 });
  strictEqual(others.length, 0);
  strictEqual(item.says, "pauses for the client c_1, because of three timeouts of 2 s");
  deepStrictEqual([item.grade, item.href, item.resume?.ruleId], ["bad", "#/rules/rul_1", "rul_1"]);
});

Deno.test("a rule without a pause has nothing to resume, whatever a failure says", () => {
  const detail = "no answer within 2 s; the rule pauses for all clients for 5 s";
  const [item] = attention({ failed: [failure({ detail })], rules: [{ ...RULE, pause: null }], minutes: 15 });
  strictEqual(item.resume, undefined);
});

Deno.test("a rule that is gone needs nobody, and one whose newer version is live is only watched", () => {
  deepStrictEqual(attention({ failed: [failure()], rules: [], minutes: 15 }), []);
  const [item] = attention({ failed: [failure()], rules: [{ ...RULE, version: 3 }], minutes: 15 });
  deepStrictEqual([item.grade, item.resume], ["warn", undefined]);
  strictEqual(item.says, "failed 1 time in 15 minutes: timeout; version 3 is live now");
  strictEqual(attention({ failed: [failure()], minutes: 15 })[0].grade, "bad");
});

Deno.test("a system that is well needs nobody", () => {
  deepStrictEqual(attention({ failed: [], refused: [], rules: [RULE], status: STATUS, minutes: 15 }), []);
});

Deno.test("what is wrong with the system comes before what is only a note", () => {
  const status = {
    ...STATUS,
    runners: [{ ...RUNNER, contained: false, lost_log_records: 3 }],
    queue_depth: 80,
    wrong_clocks: [{ name: "g", seconds_ahead: -4 }],
  };
  const items = attention({ status, rules: [{ ...RULE, draft_version: 3 }], minutes: 15 });
  deepStrictEqual(items.map(({ grade }) => grade), ["bad", "warn", "warn", "warn", "plain"]);
  strictEqual(items[0].says, "1 runner DOES NOT CONTAIN RULES");
  strictEqual(items[3].says, "The clock of g is 4 s behind: tokens bear its time");
  strictEqual(attention({ status: { ...STATUS, runners: [] }, minutes: 15 })[0].grade, "bad");
});

Deno.test("refusals are counted by kind, also those that one record stands for", () => {
  const refused = ["invalid_client", "invalid_client", "too_many_requests", "invalid_request"].map((error) =>
    failure({ outcome: `refused:${error}`, error, more_like_it: 4, rules: [], first_rule: "" })
  );
  const items = attention({ refused, minutes: 15 });
  deepStrictEqual(items.map(({ says }) => says), [
    "5 requests were refused by a quota or a limit, in 15 minutes",
    "10 requests came with a wrong id or secret, in 15 minutes",
  ]);
  strictEqual(items[1].href, "#/exchanges?outcome=refused%3Ainvalid_client");
});

Deno.test("a failure before any rule is told by itself", () => {
  const [item] = attention({
    failed: [failure({ rules: [], first_rule: "", outcome: "failed:no_runner" })],
    minutes: 15,
  });
  strictEqual(item.says, "1 request failed before a rule began, in 15 minutes");
});
