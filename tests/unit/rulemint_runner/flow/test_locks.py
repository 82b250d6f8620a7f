from __future__ import annotations

import pytest

from rulemint_runner.flow.locks import within
from rulemint_runner.flow.results import RuleResult
from rulemint_shared.contract.endings import denied
from rulemint_shared.contract.messages import BEYOND_LOCK, DenialCode, Dropped, Granted
from rulemint_shared.contract.records import Power

API = "https://api.example.com/"
LOCK = Power(claims=("plan",), scopes=("extra",), audiences=(API,))
GIVEN = Granted(scope=["read", "write"], claims={"before": 1, "plan": "old"})


def locked(outcome: Granted, *, audience: str = API) -> tuple[Granted, list[str]]:
    """The outcome that is left, and the names of what was left out."""
    result = within(RuleResult(outcome=outcome), LOCK, given=GIVEN, audience=audience)
    assert isinstance(result.outcome, Granted)
    assert all(each.why == BEYOND_LOCK for each in result.dropped)
    return result.outcome, [each.name for each in result.dropped]


def test_what_is_within_the_lock_stays_as_it_is() -> None:
    outcome = Granted(scope=["read", "extra"], claims={**GIVEN.claims, "plan": "gold"})
    assert locked(outcome) == (outcome, [])


def test_other_claims_and_added_scopes_are_left_out() -> None:
    outcome = Granted(scope=["write", "admin", "extra"], claims={**GIVEN.claims, "plan": "gold", "role": "root"})
    left, dropped = locked(outcome)
    assert left == Granted(scope=["write", "extra"], claims={"before": 1, "plan": "gold"})
    assert dropped == ["role", "scope admin"]


@pytest.mark.parametrize("value", [2, True, 1.5, None], ids=str)
def test_a_claim_of_a_rule_before_it_keeps_its_value(value: object) -> None:
    left, dropped = locked(Granted(scope=["read", "write"], claims={**GIVEN.claims, "before": value}))
    assert (left.claims, dropped) == (GIVEN.claims, ["before"])


def test_for_another_api_nothing_is_set_or_added() -> None:
    outcome = Granted(scope=["read", "extra"], claims={**GIVEN.claims, "plan": "gold"})
    left, dropped = locked(outcome, audience="https://other/")
    assert left == Granted(scope=["read"], claims=GIVEN.claims)
    assert dropped == ["plan", "scope extra"]


def test_a_refusal_stays_and_what_was_left_out_before_is_said_too() -> None:
    refusal = RuleResult(outcome=denied(DenialCode.ACCESS_DENIED, "no"))
    assert within(refusal, Power(), given=GIVEN, audience=API) is refusal
    earlier = Dropped(name="iss", why="reserved")
    result = RuleResult(outcome=Granted(scope=["read"], claims={"role": 1}), dropped=[earlier])
    dropped = within(result, LOCK, given=GIVEN, audience=API).dropped
    assert dropped == [earlier, Dropped(name="role", why=BEYOND_LOCK)]
