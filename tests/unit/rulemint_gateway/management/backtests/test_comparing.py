"""A backtest says what a draft changes, and leaves out what the old version does not do twice."""

from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.management.backtests.comparing import Kind, Played, compared
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult


def played(outcome: str = "granted", *scope: str, message: str = "", ran_ms: float = 1, **claims: Any) -> Played:
    result = ReplayedResult(outcome=outcome, message=message, scope=list(scope), claims=claims)
    return Played(result=result, ran_ms=ran_ms)


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (played(), played("denied", message="no"), [Kind.NEWLY_DENIED]),
        (played(), played("failed:timeout"), [Kind.NEWLY_FAILED]),
        (played("denied"), played(), [Kind.NEWLY_GRANTED]),
        (played("failed:exception"), played(), [Kind.NEWLY_GRANTED]),
        (played("denied"), played("failed:timeout"), [Kind.REFUSAL_CHANGED]),
        (played("denied", message="a"), played("denied", message="b"), [Kind.REFUSAL_CHANGED]),
        (played("granted", "a"), played("granted", "a", "b"), [Kind.SCOPE_GAINED]),
        (played("granted", "a"), played("granted"), [Kind.SCOPE_LOST]),
        (played("granted", "a"), played("granted", "b"), [Kind.SCOPE_GAINED, Kind.SCOPE_LOST]),
        (played("granted", "a", "b"), played("granted", "b", "a"), []),
        (played(plan=1), played(plan=2), [Kind.CLAIM_CHANGED]),
        (played(plan=1), played(), [Kind.CLAIM_CHANGED]),
        (played(plan=None), played(), [Kind.CLAIM_CHANGED]),
        (played(ran_ms=5), played(ran_ms=50), [Kind.SLOWER]),
        (played(ran_ms=5), played(ran_ms=20), []),
        (played(ran_ms=100), played(ran_ms=150), []),
    ],
)
def test_each_difference_is_of_a_kind(old: Played, new: Played, kinds: list[Kind]) -> None:
    found = compared(old, old, new)
    assert (found.kinds, found.is_noisy) == (kinds, False)
    assert bool(found.changes) == bool(kinds)


def test_what_the_old_version_does_not_do_twice_is_left_out() -> None:
    found = compared(played(at=1, plan="a"), played(at=2, plan="a"), played(at=3, plan="b"))
    assert (found.kinds, found.is_noisy) == ([Kind.CLAIM_CHANGED], True)
    assert [change.what for change in found.changes] == ["claims.plan"]
    assert compared(played(at=1), played(at=2), played(at=3)).kinds == []


def test_of_an_old_version_that_ends_now_one_way_and_now_the_other_nothing_is_told() -> None:
    found = compared(played(), played("denied"), played("failed:timeout"))
    assert (found.kinds, found.changes, found.is_noisy) == ([], [], True)


def test_a_draft_that_is_slower_than_one_of_two_old_runs_only_is_not_called_slower() -> None:
    assert compared(played(ran_ms=1), played(ran_ms=60), played(ran_ms=70)).kinds == []
