from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from rulemint_gateway.oauth.rollouts import Canaries
from rulemint_gateway.stores.traffic.rollout_counts import How, Side
from rulemint_shared.contract.messages import (
    ClientView,
    DenialCode,
    Denied,
    Ending,
    Failed,
    FailureReason,
    Granted,
    Invocation,
    Outcome,
    RequestView,
    RuleRef,
    RuleReport,
)
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState

ROLLOUT = Rollout(id="rol", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(20.0, 100.0))
RULE = Rule(id="rul", name="plan", version=1, latest_version=2, rollout=ROLLOUT)
OTHER = Rule(id="other", name="other")
REPORT = RuleReport(rule="plan", version=1, scope_given=[])
INVOCATION = Invocation(
    id="exc",
    tenant="t",
    client=ClientView(tenant="t", id="c", name="c", metadata={}),
    audience="a",
    scope=[],
    request=RequestView(ip="", user_agent="", body={}),
    flow=[RuleRef(rule_id="rul", name="plan", version=1)],
    deadline_ms=1,
    enqueued_at_ms=1,
)
CLIENTS = [f"client {number}" for number in range(2_000)]


class Counted:
    """Takes what is counted."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Side, How]] = []

    def add(
        self, tenant: str, rule_id: str, rollout: Rollout, side: Side, how: How, *, client_id: str, exchange: str
    ) -> None:
        assert (tenant, rollout.id, client_id, exchange) == ("t", "rol", INVOCATION.client.id, "exc")
        self.seen.append((rule_id, side, how))


def of_clients(rule: Rule) -> set[str]:
    """The clients that get version 2."""
    canaries = Canaries(Counted())
    return {client for client in CLIENTS if canaries.chosen((OTHER, rule), "t", client)[1].version == 2}


def test_a_client_keeps_its_version_and_a_larger_share_only_adds_clients() -> None:
    before, after = of_clients(RULE), of_clients(RULE)
    assert before == after
    assert 300 < len(before) < 500
    larger = of_clients(replace(RULE, rollout=replace(ROLLOUT, steps=(60.0,))))
    assert before < larger
    assert of_clients(replace(RULE, rollout=replace(ROLLOUT, step=1))) == set(CLIENTS)


def test_another_rule_or_tenant_has_other_clients() -> None:
    canaries = Canaries(Counted())
    elsewhere = {client for client in CLIENTS if canaries.chosen((RULE,), "u", client)[0].version == 2}
    assert elsewhere != of_clients(RULE)
    assert of_clients(replace(RULE, id="another")) != of_clients(RULE)


@pytest.mark.parametrize(
    "rollout",
    [
        None,
        replace(ROLLOUT, step=1, state=RolloutState.ROLLED_BACK),
        replace(ROLLOUT, step=1, kind=RolloutKind.SHADOW),
    ],
)
def test_without_a_canary_under_way_the_version_that_runs_decides_and_nothing_is_counted(
    rollout: Rollout | None,
) -> None:
    counted = Counted()
    canaries = Canaries(counted)
    flow = canaries.chosen((replace(RULE, rollout=rollout),), "t", "c")
    assert flow[0].version == 1
    canaries.count(flow, INVOCATION, Ending(invocation="exc", outcome=Granted(scope=[]), reports=[REPORT]))
    assert counted.seen == []


def failed(reason: FailureReason, **fields: Any) -> Failed:
    return Failed(reason=reason, **fields)


@pytest.mark.parametrize(
    ("outcome", "reports", "how"),
    [
        pytest.param(Granted(scope=[]), 1, How.GRANTED, id="granted"),
        pytest.param(Denied(code=DenialCode.ACCESS_DENIED, message="no"), 1, How.DENIED, id="denied"),
        pytest.param(Denied(code=DenialCode.ACCESS_DENIED, message="no"), 0, None, id="denied before it"),
        pytest.param(failed(FailureReason.TIMEOUT), 1, How.FAILED, id="failed"),
        pytest.param(failed(FailureReason.INTERRUPTED), 0, None, id="its runner died"),
        pytest.param(failed(FailureReason.OVERLOADED), 1, None, id="overloaded"),
        pytest.param(failed(FailureReason.OVERLOADED, pauses_for_ms=5), 0, How.FAILED, id="it pauses"),
    ],
)
@pytest.mark.parametrize(("version", "side"), [(1, Side.OLD), (2, Side.NEW)])
def test_an_ending_counts_for_the_version_that_ran(
    outcome: Outcome, reports: int, how: How | None, version: int, side: Side
) -> None:
    counted = Counted()
    ending = Ending(invocation="exc", outcome=outcome, reports=[REPORT] * reports)
    Canaries(counted).count((replace(RULE, version=version),), INVOCATION, ending)
    assert counted.seen == ([] if how is None else [("rul", side, how)])
