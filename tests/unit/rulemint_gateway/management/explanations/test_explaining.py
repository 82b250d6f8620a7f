"""Each claim and scope has who set it; each that is absent has its first reason."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.management.explanations.explaining import (
    Known,
    OtherRule,
    absent_of,
    claims_of,
    rules_of,
    scopes_of,
)
from rulemint_shared.contract.exchanges import ExchangeRecord, FlowMember
from rulemint_shared.contract.messages import Dropped, RuleReport
from rulemint_shared.contract.traces import RuleTrace, Span, Write

PLAN = RuleReport(rule="plan", version=2, scope_given=["read", "old"], claims_set={"plan": "silver"})
LIMIT = RuleReport(
    rule="limit",
    version=5,
    scope_given=["read", "old"],
    scope_added=["write"],
    scope_removed=["old"],
    claims_set={"plan": "gold"},
    dropped=[Dropped(name="iss", why="reserved"), Dropped(name="scope admin", why="beyond the ceiling")],
)
RECORD = ExchangeRecord(
    id="exc_1",
    tenant="t",
    started_at_ms=1,
    status=200,
    outcome="granted",
    client_id="c",
    scope_asked=["read", "old", "other"],
    scope_granted=["read", "write"],
    rules=[PLAN, LIMIT],
    flow=[FlowMember("r1", "plan", 2, 0), FlowMember("r2", "limit", 5, 0), FlowMember("r3", "last", 1, 0)],
)
TRACES = [
    RuleTrace(rule="plan", answered_at=3, writes=[Write(kind="claim", name="plan", line=2)]),
    RuleTrace(
        rule="limit",
        not_run=[Span(first=5, last=5, of=4)],
        writes=[
            Write(kind="claim", name="plan", line=7, before='"silver"'),
            Write(kind="scope", name="write", line=8, seen=False),
            Write(kind="removed scope", name="old", line=9),
            Write(kind="removed claim", name="gone", line=10),
        ],
    ),
]
SCRIPTS = {1: "\n\n\nif (no) {\n  token.trial = 1;\n}", 2: "token.late = 1;"}
OTHERS = [OtherRule(name="team", version=1, script="token.team = 1;", reason="not_bound", why="it is not bound")]


def known(**more: Any) -> Known:
    given = {"record": RECORD, "traces": TRACES, "scripts": SCRIPTS, "others": OTHERS, **more}
    return Known(**given)


def test_a_claim_names_every_rule_that_set_it_with_its_line_and_what_it_was_before() -> None:
    (plan,) = claims_of(known())
    assert (plan.value, plan.why) == ("gold", "limit, version 5, set it at line 7")
    assert msgspec.to_builtins(plan.set_by) == [
        {"rule": "plan", "version": 2, "line": 2, "seen": True},
        {"rule": "limit", "version": 5, "line": 7, "seen": True, "before": '"silver"'},
    ]


def test_without_a_replay_a_claim_names_rules_and_no_lines() -> None:
    (plan,) = claims_of(known(traces=[]))
    assert msgspec.to_builtins(plan.set_by[-1]) == {"rule": "limit", "version": 5}


def test_a_scope_was_asked_for_or_added() -> None:
    assert [(scope.name, scope.why) for scope in scopes_of(known())] == [
        ("read", "the request asked for it, and the client grant has it"),
        ("write", "limit, version 5, set it, most likely at line 8"),
    ]


def test_each_absent_claim_and_scope_has_its_first_reason() -> None:
    found = {(each.kind, each.name): (each.reason, each.line) for each in absent_of(known())}
    assert found == {
        ("claim", "iss"): ("left_out", msgspec.UNSET),
        ("scope", "admin"): ("left_out", msgspec.UNSET),
        ("scope", "old"): ("removed", 9),
        ("claim", "gone"): ("removed", 10),
        ("claim", "trial"): ("branch_not_taken", 4),
        ("claim", "late"): ("not_reached", 1),
        ("claim", "team"): ("not_bound", 1),
        ("scope", "other"): ("not_granted", msgspec.UNSET),
    }


def test_each_rule_says_whether_it_ran() -> None:
    assert [(rule.rule, rule.ran, rule.answered_at) for rule in rules_of(known())] == [
        ("plan", True, 3),
        ("limit", True, msgspec.UNSET),
        ("last", False, msgspec.UNSET),
        ("team", False, msgspec.UNSET),
    ]
