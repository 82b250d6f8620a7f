/** What needs a person: found in the answers that the overview has, the worst first. */

import { at, part } from "../../state/router.js";
import { whomOf } from "../../state/pauses.js";
import { counted, several } from "../../text/numbers.js";
import { amounts, fullness, limitOf, nameOf } from "./quota_words.js";

/**
 * @typedef {{ id: string, started_at_ms: number, outcome: string, error: string | null, detail: string, client_id: string | null, client_name: string | null, rules: { rule: string, version: number }[], first_rule: string, more_like_it: number }} Exchange
 * @typedef {import("./quota_words.js").Quotas} Quotas
 * @typedef {{ id: string, name: string, enabled: boolean, version: number, draft_version: number | null, pause?: import("../../state/pauses.js").Pause | null }} Rule
 * @typedef {{ gateways: string[], runners: { name: string, contained: boolean, hosts: number, busy_hosts: number, invocations: number, lost_log_records: number }[], queue_depth: number, wrong_clocks: { name: string, seconds_ahead: number }[] }} Status
 * @typedef {{ key: string, grade: "bad" | "warn" | "plain", says: string, about?: string, href?: string, does: string, at?: number, resume?: { ruleId: string, name: string } }} Item
 *   `says` is of the console, `about` of a rule or a client; `does`: the words of the link
 * @typedef {{ rule: string, count: number, reasons: Map<string, number>, last: Exchange }} Failing
 */

const MANY_WAIT = 50;
/** Where the requests are that a limit refused. A throttled one has no record, and stands in the audit. */
const REFUSED_AT = /** @type {Record<string, { href: string, does: string }>} */ ({
  quota: { href: at("/exchanges", { outcome: "refused:too_many_requests" }), does: "Show them" },
  failed_logins: { href: at("/audit"), does: "Open the audit" },
  waiting_requests: { href: at("/exchanges", { outcome: "failed:overloaded" }), does: "Show them" },
});
const GRADES = ["bad", "warn", "plain"];

/**
 * The rules that failed, by how often. The rule that failed is the one that ran last.
 * @param {Exchange[]} failed the newest first
 * @returns {Failing[]}
 */
export function failingRules(failed) {
  /** @type {Map<string, Failing>} */
  const found = new Map();
  for (const exchange of failed) {
    const rule = exchange.rules.at(-1)?.rule ?? exchange.first_rule;
    if (!rule) continue;
    const known = found.get(rule) ?? { rule, count: 0, reasons: new Map(), last: exchange };
    const reason = exchange.outcome.split(":")[1] ?? exchange.outcome;
    known.count += 1 + exchange.more_like_it;
    known.reasons.set(reason, (known.reasons.get(reason) ?? 0) + 1 + exchange.more_like_it);
    found.set(rule, known);
  }
  return [...found.values()].sort((one, other) => other.count - one.count);
}

/**
 * @param {{ failed?: Exchange[], refused?: Exchange[], rules?: Rule[], status?: Status, quotas?: Quotas, minutes: number }} known
 *   `minutes`: of which *failed* and *refused* are
 * @returns {Item[]}
 */
export function attention({ failed = [], refused = [], rules, status, quotas, minutes }) {
  const items = [
    ...(status ? ofSystem(status) : []),
    ...ofRules(failingRules(failed), rules, minutes),
    ...withoutRule(failed, minutes),
    ...(quotas ? ofQuotas(quotas) : []),
    ...refusals(refused, minutes),
    ...(rules ?? []).flatMap(ofDraft),
  ];
  return items.sort((one, other) => GRADES.indexOf(one.grade) - GRADES.indexOf(other.grade));
}

/**
 * @param {Status} status
 * @returns {Item[]}
 */
function ofSystem(status) {
  const { runners, queue_depth: waiting, wrong_clocks: clocks } = status;
  /** @type {Item[]} */
  const items = [];
  const add = (/** @type {Item["grade"]} */ grade, /** @type {string} */ says, /** @type {string} */ page) =>
    items.push({ key: says, grade, says, href: `/docs/${page}/`, does: "Read what helps" });
  if (!runners.length) add("bad", "No runner is alive: requests with a rule get no token", "operating");
  const open = runners.filter((each) => !each.contained).length;
  if (open) add("bad", `${several(open, "runner DOES", "runners DO")} NOT CONTAIN RULES`, "security/sandbox");
  if (waiting >= MANY_WAIT) add("warn", `${counted(waiting)} jobs wait for a runner: start more`, "operating");
  const lost = runners.reduce((sum, each) => sum + each.lost_log_records, 0);
  if (lost) {
    add("warn", `${several(lost, "log record was", "log records were")} lost since the runners began`, "operating");
  }
  for (const clock of clocks) {
    const off = `${Math.abs(clock.seconds_ahead)} s ${clock.seconds_ahead > 0 ? "ahead" : "behind"}`;
    add("warn", `The clock of ${clock.name} is ${off}: tokens bear its time`, "operating");
  }
  return items;
}

/**
 * Rules that fail or pause. A pause is known without any record of a failure.
 * @param {Failing[]} failing
 * @param {Rule[] | undefined} rules
 * @param {number} minutes
 * @returns {Item[]}
 */
function ofRules(failing, rules, minutes) {
  const named = new Set(failing.map(({ rule }) => rule));
  const others = (rules ?? []).filter(({ name, pause }) => pause && !named.has(name));
  return [...failing.flatMap((each) => ofFailing(each, rules, minutes)), ...others.flatMap(ofPaused)];
}

/**
 * @param {Rule} rule
 * @returns {Item[]}
 */
function ofPaused({ id, name, pause }) {
  if (!pause) return [];
  const href = at(`/rules/${part(id)}`);
  return [{
    key: `rule ${name}`,
    grade: "bad",
    about: name,
    says: pausing(pause),
    href,
    does: "Open the rule",
    resume: { ruleId: id, name },
  }];
}

/**
 * Nothing for a rule that is gone. Without *rules* nobody knows which are there.
 * @param {Failing} failing
 * @param {Rule[] | undefined} rules
 * @param {number} minutes
 * @returns {Item[]}
 */
function ofFailing({ rule, count, reasons, last }, rules, minutes) {
  const now = rules?.find((each) => each.name === rule);
  if (rules && !now) return [];
  const ran = last.rules.find((each) => each.rule === rule)?.version;
  const newer = now && ran && now.version > ran ? `; version ${now.version} is live now` : "";
  const why = [...reasons].sort((one, other) => other[1] - one[1]).map(([reason]) => reason.replaceAll("_", " "));
  const failed = `failed ${several(count, "time")} in ${minutes} minutes: ${why.join(", ")}${newer}`;
  const pause = now?.pause;
  return [{
    key: `rule ${rule}`,
    grade: newer && !pause ? "warn" : "bad",
    about: rule,
    says: pause ? `${pausing(pause)}; it ${failed}` : failed,
    href: at(`/exchanges/${part(last.id)}`),
    does: "Open the last failure",
    at: last.started_at_ms,
    resume: pause && now ? { ruleId: now.id, name: rule } : undefined,
  }];
}

/**
 * Failures in which no rule began.
 * @param {Exchange[]} failed
 * @param {number} minutes
 * @returns {Item[]}
 */
function withoutRule(failed, minutes) {
  const some = failed.filter((each) => !each.rules.length && !each.first_rule);
  if (!some.length) return [];
  const says = `${several(some.length, "request")} failed before a rule began, in ${minutes} minutes`;
  return [{ key: says, grade: "bad", says, href: at(`/exchanges/${part(some[0].id)}`), does: "Open the last one" }];
}

/**
 * Quotas that are nearly used or used up, and the token requests that limits refused.
 * @param {Quotas} known
 * @returns {Item[]}
 */
function ofQuotas({ quotas, refused }) {
  return [
    ...quotas.filter(fullness).map((quota) => {
      const full = fullness(quota) === "full";
      const then = quota.when_full === "told" ? "more are issued and told of" : "more are refused";
      return {
        key: `quota ${quota.name}`,
        grade: /** @type {Item["grade"]} */ (full && quota.when_full === "refused" ? "bad" : "warn"),
        says: `The quota of ${nameOf(quota)} is ${full ? `used up: ${then}` : "nearly used"} (${amounts(quota)})`,
        href: "/docs/security/limits/",
        does: "Read what helps",
      };
    }),
    ...refused.filter(({ count }) => count).map((each) => ({
      key: `refused ${each.by}`,
      grade: /** @type {const} */ ("warn"),
      says: `${several(each.count, "token request was", "token requests were")} refused in the last hour by ${
        limitOf(each)
      }`,
      ...(REFUSED_AT[each.by] ?? REFUSED_AT.quota),
    })),
  ];
}

/**
 * Clients that are refused, by the kind of refusal.
 * @param {Exchange[]} refused
 * @param {number} minutes
 * @returns {Item[]}
 */
function refusals(refused, minutes) {
  const kinds = [
    { error: "invalid_client", says: "came with a wrong id or secret", grade: "plain" },
    { error: "unauthorized_client", says: "asked for an API without a grant", grade: "plain" },
    { error: "access_denied", says: "asked for more than their grant allows", grade: "plain" },
  ];
  return kinds.flatMap(({ error, says, grade }) => {
    const some = refused.filter((each) => each.error === error);
    if (!some.length) return [];
    const count = some.reduce((sum, each) => sum + 1 + each.more_like_it, 0);
    return [{
      key: error,
      grade: /** @type {Item["grade"]} */ (grade),
      says: `${several(count, "request")} ${says}, in ${minutes} minutes`,
      href: at("/exchanges", { outcome: `refused:${error}` }),
      does: "Show them",
    }];
  });
}

/**
 * @param {Rule} rule
 * @returns {Item[]}
 */
function ofDraft({ id, name, version, draft_version: draft }) {
  if (!draft || draft === version) return [];
  const says = version ? `has a draft, version ${draft}, that is not live` : "was never deployed";
  return [{
    key: `draft ${id}`,
    grade: "plain",
    about: name,
    says,
    href: at(`/rules/${part(id)}`),
    does: "Open the rule",
  }];
}

/** @param {import("../../state/pauses.js").Pause} pause */
function pausing(pause) {
  return `pauses for ${whomOf(pause)}, because of ${pause.why}`;
}
