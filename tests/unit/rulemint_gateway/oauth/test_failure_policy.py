from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from rulemint_gateway.oauth.failure_policy import (
    OF_ONE_REQUEST,
    allowed_age_ms,
    is_still_said,
    longest_ms,
    question_of,
    said_by,
)
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.last_answers import LastAnswer
from rulemint_shared.contract.messages import ClientView, Granted, Invocation, RequestView, RuleRef, RuleReport
from rulemint_shared.contract.records import Rule

MINUTE_MS = 60_000


def flow(*policies: str) -> list[Rule]:
    return [Rule(id=str(number), name=str(number), on_failure=policy) for number, policy in enumerate(policies)]


REQUEST = RequestView(
    ip="192.0.2.1", user_agent="curl", body={"a": 1, "b": 2}, headers={"x-a": "1"}, query={"q": "1"}, hostname="h"
)
INVOCATION = Invocation(
    id="exc_1",
    tenant="default",
    client=ClientView(tenant="default", id="c", name="C", metadata={"plan": "gold"}),
    audience="https://api/",
    scope=["a", "b"],
    request=REQUEST,
    flow=[RuleRef(rule_id="r", name="r", version=2, secrets_revision=1)],
    deadline_ms=1,
    enqueued_at_ms=1,
    scope_ceiling=["a", "b"],
    grant_scope=["a", "b"],
)

FLOW = [Rule(id="r", name="r", version=2, secrets_revision=1, updated_at_ms=1)]


@pytest.mark.parametrize(
    ("policies", "reported", "minutes"),
    [
        pytest.param(["stale:5"], 1, 5, id="the only rule failed"),
        pytest.param(["closed"], 1, 0, id="a closed rule failed"),
        pytest.param(["closed", "stale:5"], 2, 5, id="the rule before it has just said yes"),
        pytest.param(["stale:5", "closed"], 1, 0, id="a closed rule behind it was not asked"),
        pytest.param(["stale:5", "stale:3"], 1, 3, id="the fewest minutes count"),
        pytest.param(["stale:5", "closed"], 0, 0, id="nobody knows which one failed"),
        pytest.param(["stale:5", "stale:9"], 0, 5, id="all of them allow it"),
        pytest.param(["of a later version"], 1, 0, id="a policy that is not known is closed"),
    ],
)
def test_each_rule_that_said_nothing_must_allow_an_earlier_answer(
    policies: list[str], reported: int, minutes: int
) -> None:
    assert allowed_age_ms(flow(*policies), reported) == minutes * MINUTE_MS


def test_answers_are_kept_only_of_flows_with_a_rule_that_may_answer_stale() -> None:
    assert longest_ms(flow("closed", "closed")) == 0
    assert longest_ms(flow("closed", "stale:2", "stale:7")) == 7 * MINUTE_MS


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"tenant": "other"}, id="tenant"),
        pytest.param({"client": replace(INVOCATION.client, metadata={"plan": "free"})}, id="metadata"),
        pytest.param({"audience": "https://other/"}, id="api"),
        pytest.param({"scope": ["a"]}, id="scopes"),
        pytest.param({"grant_scope": ["a"]}, id="client grant"),
        pytest.param({"scope_ceiling": None}, id="ceiling"),
        pytest.param({"request": replace(REQUEST, body={"a": 1})}, id="parameters"),
        pytest.param({"request": replace(REQUEST, query={})}, id="query"),
        pytest.param({"request": replace(REQUEST, ip="192.0.2.2")}, id="address"),
        pytest.param({"request": replace(REQUEST, user_agent="")}, id="user agent"),
        pytest.param({"request": replace(REQUEST, headers={"x-a": "2"})}, id="headers"),
        pytest.param({"flow": [replace(INVOCATION.flow[0], version=3)]}, id="version"),
        pytest.param({"flow": [replace(INVOCATION.flow[0], secrets_revision=2)]}, id="secrets"),
        pytest.param({"flow": [*INVOCATION.flow, RuleRef(rule_id="s", name="s", version=1)]}, id="another rule"),
    ],
)
def test_all_that_the_flow_is_told_is_part_of_the_question(changes: dict[str, Any]) -> None:
    assert question_of(replace(INVOCATION, **changes), FLOW) != question_of(INVOCATION, FLOW)


def test_a_change_that_was_undone_is_a_change() -> None:
    undone = [replace(FLOW[0], updated_at_ms=3)]
    assert question_of(INVOCATION, undone) != question_of(INVOCATION, FLOW)


def test_two_requests_with_equal_inputs_are_the_same_question() -> None:
    headers = {**dict.fromkeys(OF_ONE_REQUEST, "anything"), "x-a": "1"}
    other = replace(
        INVOCATION,
        id="exc_2",
        deadline_ms=9,
        enqueued_at_ms=9,
        tape="a wish",
        request=replace(REQUEST, headers=headers, body={"b": 2, "a": 1}),
        flow=[replace(INVOCATION.flow[0], resumed_at_ms=5, client_resumed_at_ms=6)],
    )
    assert question_of(other, FLOW) == question_of(INVOCATION, FLOW)


def report(**said: Any) -> RuleReport:
    return RuleReport(rule="r", version=1, scope_given=["a", "b"], **said)


@pytest.mark.parametrize(
    ("policy", "said", "age_minutes", "holds"),
    [
        pytest.param("closed", {"claims_set": {"plan": "gold"}}, 3, True, id="the same"),
        pytest.param("closed", {"claims_set": {"plan": "gold"}, "duration_ms": 9.0}, 3, True, id="the same, later"),
        pytest.param("closed", {"claims_set": {"plan": "free"}}, 3, False, id="another claim"),
        pytest.param("closed", {}, 3, False, id="no claim"),
        pytest.param("closed", {"claims_set": {"plan": "gold"}, "scope_removed": ["a"]}, 3, False, id="fewer scopes"),
        pytest.param("stale:5", {}, 3, True, id="it allows an answer as old as that"),
        pytest.param("stale:5", {}, 6, False, id="it allows none as old as that"),
    ],
)
def test_a_closed_rule_before_the_one_that_failed_must_say_now_what_it_said_then(
    policy: str, said: dict[str, Any], age_minutes: int, holds: bool
) -> None:
    then = said_by([report(claims_set={"plan": "gold"}), report()])
    at_ms = unix_ms() - age_minutes * MINUTE_MS
    earlier = LastAnswer(tenant="t", question="q", at_ms=at_ms, granted=Granted(scope=[]), said=tuple(then))
    assert is_still_said(flow(policy, "stale:9"), earlier, [report(**said)]) is holds
