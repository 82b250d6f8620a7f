from __future__ import annotations

from itertools import product
from math import comb
from typing import Any

import pytest

from rulemint_gateway.management.rollouts.verdicts import Verdict, Word, chance_of, verdict_on
from rulemint_gateway.stores.traffic.rollout_counts import Ended, Side, Totals
from rulemint_shared.contract.rollouts import Rollout, RolloutKind

ROLLOUT = Rollout(id="r", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(5.0, 100.0), minimum=100)


def word(new: Ended, old: Ended, *clients: Ended, **fields: Any) -> Word:
    """The verdict, if *clients* are those that got no token by the new version."""
    return verdict(new, old, *clients, **fields).word


def verdict(new: Ended, old: Ended, *clients: Ended, **fields: Any) -> Verdict:
    rollout = Rollout(**{name: getattr(ROLLOUT, name) for name in ROLLOUT.__struct_fields__} | fields)
    by_client = {(rollout.step, str(number)): client for number, client in enumerate(clients)}
    by_step = {(rollout.step, Side.NEW): new, (rollout.step, Side.OLD): old}
    return verdict_on(rollout, Totals(by_step, {}, by_client))


def test_the_chance_is_that_of_fisher_s_exact_test() -> None:
    for new, old in product(range(1, 7), range(1, 7)):
        for bad_new, bad_old in product(range(new + 1), range(old + 1)):
            bad = bad_new + bad_old
            ways = [
                comb(bad, count) * comb(new + old - bad, new - count)
                for count in range(bad_new, min(new, bad) + 1)
                if new - count <= new + old - bad
            ]
            exact = sum(ways) / comb(new + old, new)
            assert chance_of(bad_new, new, bad_old, old) == pytest.approx(exact)


def test_the_chance_of_millions_of_requests_is_a_number() -> None:
    assert 0 <= chance_of(60_000, 1_000_000, 50_000, 1_000_000) < 1e-100
    assert chance_of(50_000, 1_000_000, 50_000, 1_000_000) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("bad", ["failed", "denied"])
def test_a_version_that_fails_or_refuses_more_fails_before_the_minimum(bad: str) -> None:
    assert word(Ended(8, **{bad: 8}), Ended(100)) is Word.FAIL


def test_a_version_that_fails_ends_also_if_nobody_asks_the_other_one() -> None:
    assert word(Ended(5, failed=5), Ended()) is Word.FAIL
    assert word(Ended(5, denied=5), Ended()) is Word.TOO_FEW, "its clients may always have been refused"
    assert word(Ended(5, failed=5), Ended(2, failed=1)) is Word.TOO_FEW, "the other one fails, too"


def test_one_client_that_is_always_refused_neither_fails_a_canary_nor_is_passed_over() -> None:
    one = Ended(150, denied=150)
    alone = verdict(Ended(500, denied=155), Ended(1_000, denied=10), one, Ended(20, denied=5))
    assert alone.word is Word.TOO_FEW
    assert alone.why.endswith("but 150 of those 500 are of one client alone")
    assert word(Ended(500, denied=350), Ended(1_000, denied=10), one, Ended(150, denied=100)) is Word.FAIL
    assert word(Ended(9, denied=9), Ended(1_000), Ended(9, denied=9)) is Word.TOO_FEW


def test_one_client_for_which_a_version_fails_is_enough_until_it_has_worked_for_others() -> None:
    one = Ended(8, failed=8)
    assert word(one, Ended(100), one) is Word.FAIL
    assert word(Ended(20, failed=8), Ended(100), one) is Word.FAIL
    assert word(Ended(38, failed=8), Ended(100), one) is Word.TOO_FEW
    assert word(Ended(38, failed=18), Ended(100), one, Ended(10, failed=10)) is Word.FAIL


def test_a_few_bad_requests_are_too_few_to_fail() -> None:
    assert word(Ended(4, failed=4), Ended(100_000)) is Word.TOO_FEW


def test_what_befalls_both_versions_is_no_difference() -> None:
    assert word(Ended(200, failed=100), Ended(200, failed=101)) is Word.PASS


def test_less_than_the_minimum_of_either_version_is_too_few() -> None:
    assert word(Ended(99), Ended(1_000)) is Word.TOO_FEW
    assert word(Ended(1_000), Ended(99)) is Word.TOO_FEW
    assert word(Ended(100), Ended(100)) is Word.PASS


def test_what_looks_worse_than_tolerated_but_may_be_chance_is_too_few() -> None:
    assert word(Ended(100, denied=4), Ended(100)) is Word.TOO_FEW
    assert word(Ended(100, denied=4), Ended(100), tolerance=5.0) is Word.PASS


def test_a_difference_within_the_tolerance_passes_however_certain_it_is() -> None:
    many = Ended(1_000_000)
    assert word(Ended(1_000_000, failed=9_000), many) is Word.PASS
    assert word(Ended(1_000_000, failed=11_000), many) is Word.FAIL


def test_with_all_clients_the_old_version_is_known_by_the_steps_before() -> None:
    last = Rollout(**{name: getattr(ROLLOUT, name) for name in ROLLOUT.__struct_fields__} | {"step": 1})
    before = {(0, Side.OLD): Ended(500), (0, Side.NEW): Ended(100, failed=90)}
    assert verdict_on(last, Totals({**before, (1, Side.NEW): Ended(100)})).word is Word.PASS
    assert verdict_on(last, Totals({**before, (1, Side.NEW): Ended(100, failed=20)})).word is Word.FAIL


def test_a_verdict_says_what_was_counted() -> None:
    totals = Totals({(0, Side.NEW): Ended(10, failed=9), (0, Side.OLD): Ended(200, failed=1)})
    assert verdict_on(ROLLOUT, totals).why == (
        "9 of 10 requests failed with version 2, and 1 of 200 with the version that runs"
    )
