from __future__ import annotations

from rulemint_gateway.management.rules.resuming import resumed
from rulemint_shared.contract.messages import MAX_PAUSE_MS
from rulemint_shared.contract.records import Rule

RULE = Rule(id="rul_1", name="r")


def test_a_resumption_is_later_than_every_one_before_it_whatever_the_clock_says() -> None:
    first = resumed(RULE, None, now_ms=1_000_000)
    second = resumed(first, None, now_ms=5)
    third = resumed(second, "c", now_ms=5)
    fourth = resumed(third, None, now_ms=5)
    assert first.resumed_at_ms < second.resumed_at_ms < third.resumed_clients["c"] < fourth.resumed_at_ms


def test_one_client_s_is_beside_those_of_others_until_all_are_resumed() -> None:
    rule = resumed(resumed(RULE, "a", now_ms=1_000_000), "b", now_ms=2_000_000)
    assert rule.resumed_clients == {"a": 1_000_000, "b": 2_000_000}
    assert resumed(rule, None, now_ms=3_000_000).resumed_clients == {}


def test_what_is_older_than_any_pause_is_not_kept() -> None:
    rule = resumed(RULE, "a", now_ms=1_000_000)
    assert set(resumed(rule, "b", now_ms=1_000_000 + 2 * MAX_PAUSE_MS).resumed_clients) == {"b"}


def test_a_thousand_clients_are_kept_at_most_the_latest() -> None:
    rule = RULE
    for number in range(1_100):
        rule = resumed(rule, f"c{number}", now_ms=1_000_000 + number)
    assert list(rule.resumed_clients) == [f"c{number}" for number in range(100, 1_100)]
