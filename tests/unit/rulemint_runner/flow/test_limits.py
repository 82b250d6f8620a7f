from __future__ import annotations

import pytest

from rulemint_runner.flow.limits import LimitPolicy, Limits
from rulemint_shared.contract.records import RuleLimits

POLICY = LimitPolicy(
    default=Limits(timeout_s=5, memory_mb=64, log_bytes=1_000, result_bytes=500),
    ceiling=Limits(timeout_s=10, memory_mb=128, log_bytes=1_000, result_bytes=500),
)


def test_a_rule_that_asks_for_nothing_gets_the_defaults() -> None:
    assert POLICY.of(RuleLimits()) == POLICY.default


def test_a_rule_gets_what_it_asks_for_beside_the_defaults() -> None:
    assert POLICY.of(RuleLimits(timeout_s=0.5, log_bytes=0)) == Limits(
        timeout_s=0.5, memory_mb=64, log_bytes=0, result_bytes=500
    )


@pytest.mark.parametrize(
    "asked", [RuleLimits(timeout_s=20), RuleLimits(memory_mb=256), RuleLimits(log_bytes=2_000, result_bytes=900)]
)
def test_no_rule_gets_more_than_the_ceiling(asked: RuleLimits) -> None:
    limits = POLICY.of(asked)
    assert limits.timeout_s <= 10
    assert limits.memory_mb <= 128
    assert (limits.log_bytes, limits.result_bytes) == (1_000, 500)
