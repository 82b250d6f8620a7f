from __future__ import annotations

import msgspec

from rulemint_gateway.dispatch.pauses import Pauses
from rulemint_shared.messages import (
    ClientView,
    Ending,
    Failed,
    FailureReason,
    Granted,
    Invocation,
    Outcome,
    RequestView,
    RuleRef,
)

PAUSED = Failed(reason=FailureReason.OVERLOADED, pauses_for_ms=5_000)
RULE = RuleRef(rule_id="rul_1", name="r", version=1, secrets_revision=1)
ASKED = Invocation(
    id="exc_1",
    tenant="t",
    client=ClientView(tenant="t", id="c", name="c", metadata={}),
    audience="https://api/",
    scope=[],
    request=RequestView(ip="", user_agent="", body={}),
    flow=[RULE],
    deadline_ms=0,
    enqueued_at_ms=0,
)


def pauses_after(outcome: Outcome) -> Pauses:
    pauses = Pauses()
    pauses.learn(ASKED, Ending(invocation=ASKED.id, outcome=outcome, ended_at_ms=0))
    return pauses


def test_a_flow_pauses_for_as_long_as_its_runner_said() -> None:
    assert 0 < pauses_after(PAUSED).left_s(ASKED) <= 5


def test_a_failure_without_a_pause_pauses_nothing() -> None:
    assert not pauses_after(Failed(reason=FailureReason.CRASHED)).left_s(ASKED)


def test_a_yes_pauses_nothing() -> None:
    assert not pauses_after(Granted(scope=[])).left_s(ASKED)


def test_a_pause_that_is_over_is_forgotten() -> None:
    pauses = pauses_after(msgspec.structs.replace(PAUSED, pauses_for_ms=1))
    while pauses.left_s(ASKED):
        pass
    assert not pauses.left_s(ASKED)


def test_another_version_of_the_rule_does_not_pause() -> None:
    newer = msgspec.structs.replace(ASKED, flow=[msgspec.structs.replace(RULE, version=2)])
    assert not pauses_after(PAUSED).left_s(newer)


def test_the_same_rules_of_another_tenant_do_not_pause() -> None:
    assert not pauses_after(PAUSED).left_s(msgspec.structs.replace(ASKED, tenant="other"))
