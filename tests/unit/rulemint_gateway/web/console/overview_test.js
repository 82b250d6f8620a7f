import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  attention,
  failingRules,
} from "../../../../../gateway/rulemint_gateway/web/console/pages/overview/attention.js";

import { amounts, nameOf } from "../../../../../gateway/rulemint_gateway/web/console/pages/overview/quota_words.js";

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
  deepStrictEqual(items.map(({ says }) => says), ["10 requests came with a wrong id or secret, in 15 minutes"]);
  strictEqual(items[0].href, "#/exchanges?outcome=refused%3Ainvalid_client");
});

/**
 * @param {string} name
 * @param {number} used
 * @param {"refused" | "told" | "oldest_go"} [full]
 */
const quota = (name, used, full = "refused") => ({
  name,
  used,
  limit: 1000,
  when_full: full,
  resets_at: null,
  set_by: "RULEMINT_MAX_RULES",
});

Deno.test("a quota that is nearly used is watched, one that is used up is bad, and records that make room are neither", () => {
  const quotas = [
    quota("rules", 899),
    quota("clients", 900),
    quota("tokens_per_day", 1200, "told"),
    quota("tokens_per_hour", 1000),
    quota("log_records", 1000, "oldest_go"),
  ];
  const items = attention({ quotas: { quotas, refused: [] }, minutes: 15 });
  deepStrictEqual(items.map(({ grade, says }) => [grade, says.replaceAll("\u202f", " ")]), [
    ["bad", "The quota of tokens in this hour is used up: more are refused (1 000 of 1 000)"],
    ["warn", "The quota of clients is nearly used (900 of 1 000)"],
    ["warn", "The quota of tokens today (UTC) is used up: more are issued and told of (1 200 of 1 000)"],
  ]);
});

Deno.test("token requests that limits refused are told by their limit, and lead to what shows them", () => {
  const refused = [
    { by: "client_token_quota", count: 12 },
    { by: "source_token_quota", count: 0 },
    { by: "failed_logins", count: 1 },
    { by: "waiting_requests", count: 3 },
  ];
  const items = attention({ quotas: { quotas: [], refused }, minutes: 15 });
  deepStrictEqual(items.map(({ says, href }) => [says, href]), [
    [
      "12 token requests were refused in the last hour by the token quota of a client",
      "#/exchanges?outcome=refused%3Atoo_many_requests",
    ],
    ["1 token request was refused in the last hour by too many wrong secrets from their address", "#/audit"],
    [
      "3 token requests were refused in the last hour by too many requests that wait for rules",
      "#/exchanges?outcome=failed%3Aoverloaded",
    ],
  ]);
});

Deno.test("sizes are told as sizes, and an unknown quota by its own name", () => {
  strictEqual(amounts({ ...quota("script_bytes", 0), used: 1_500_000, limit: 67_108_864 }), "1.5 MB of 67.1 MB");
  strictEqual(nameOf(quota("new_things", 1)), "new things");
});

Deno.test("a failure before any rule is told by itself", () => {
  const [item] = attention({
    failed: [failure({ rules: [], first_rule: "", outcome: "failed:no_runner" })],
    minutes: 15,
  });
  strictEqual(item.says, "1 request failed before a rule began, in 15 minutes");
});
