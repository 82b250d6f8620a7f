from __future__ import annotations

import time

import msgspec
import pytest

from rulemint_gateway.dispatch import pauses as remembered
from rulemint_gateway.dispatch.pauses import LOGGED_EACH_S, Pauses
from rulemint_shared.contract.messages import (
    ClientView,
    Failed,
    FailureReason,
    Invocation,
    RequestView,
    RuleRef,
)

PAUSED = Failed(reason=FailureReason.OVERLOADED, detail="three timeouts", pauses_for_ms=5_000)
PAUSED_FOR_ALL = msgspec.structs.replace(PAUSED, pauses_for_all=True)
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
OF_ANOTHER_CLIENT = msgspec.structs.replace(ASKED, client=msgspec.structs.replace(ASKED.client, id="other"))


def pauses_after(outcome: Failed) -> Pauses:
    pauses = Pauses()
    pauses.learn(ASKED, outcome)
    return pauses


def changed(**fields: int) -> Invocation:
    """The same request after a change of the rule."""
    return msgspec.structs.replace(ASKED, flow=[msgspec.structs.replace(RULE, **fields)])


@pytest.mark.parametrize("outcome", [PAUSED, PAUSED_FOR_ALL, msgspec.structs.replace(PAUSED, reason="timeout")])
def test_a_flow_pauses_for_as_long_as_its_runner_said(outcome: Failed) -> None:
    pause = pauses_after(outcome).met_by(ASKED)
    assert pause is not None
    assert 0 < pause.left_s <= 5
    assert pause.why == "three timeouts"


def test_a_pause_is_of_the_client_that_asked() -> None:
    assert pauses_after(PAUSED).met_by(OF_ANOTHER_CLIENT) is None


def test_a_pause_of_the_whole_rule_is_every_client_s() -> None:
    assert pauses_after(PAUSED_FOR_ALL).met_by(OF_ANOTHER_CLIENT) is not None


def test_what_is_no_pause_pauses_nothing() -> None:
    assert pauses_after(Failed(reason=FailureReason.CRASHED)).met_by(ASKED) is None


def test_a_pause_that_is_over_is_forgotten() -> None:
    pauses = pauses_after(msgspec.structs.replace(PAUSED, pauses_for_ms=1))
    while pauses.met_by(ASKED):
        pass
    assert pauses.met_by(ASKED) is None


@pytest.mark.parametrize("field", ["version", "secrets_revision", "resumed_at_ms"])
@pytest.mark.parametrize("outcome", [PAUSED, PAUSED_FOR_ALL])
def test_a_rule_that_was_changed_or_resumed_does_not_pause(outcome: Failed, field: str) -> None:
    assert pauses_after(outcome).met_by(changed(**{field: 2})) is None


def test_a_client_that_was_resumed_does_not_pause_unless_all_do() -> None:
    resumed = changed(client_resumed_at_ms=2)
    assert pauses_after(PAUSED).met_by(resumed) is None
    assert pauses_after(PAUSED_FOR_ALL).met_by(resumed) is not None


def test_the_same_rules_of_another_tenant_do_not_pause() -> None:
    assert pauses_after(PAUSED_FOR_ALL).met_by(msgspec.structs.replace(ASKED, tenant="other")) is None


def test_one_refusal_a_second_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = pauses_after(PAUSED).met_by(ASKED)
    assert pause is not None
    assert [pause.log_is_due() for _ in range(3)] == [True, False, False]
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + LOGGED_EACH_S)
    assert [pause.log_is_due() for _ in range(3)] == [True, False, False]


def test_no_tenant_makes_another_s_pause_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_REMEMBERED", 20)
    pauses = pauses_after(PAUSED)
    for version in range(100):
        pauses.learn(msgspec.structs.replace(changed(version=version), tenant="other"), PAUSED)
    assert pauses.met_by(ASKED) is not None
