"""Calculate the limits of one invocation of a rule: its own, else the runner's default, never above the ceiling."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from rulemint_shared.contract.records import RuleLimits


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that hold for one rule version on this runner."""

    timeout_s: float
    memory_mb: int
    """The heap, in MiB."""
    log_bytes: int
    result_bytes: int


class LimitPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The runner's word on limits."""

    default: Limits
    ceiling: Limits

    def of(self, asked: RuleLimits) -> Limits:
        """The limits of a rule that asks for *asked*."""
        return _limits(self, asked)


@lru_cache(maxsize=256)
def _limits(policy: LimitPolicy, asked: RuleLimits) -> Limits:
    """Asked for at every invocation, and few differ."""
    wishes = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
    ceilings = msgspec.structs.asdict(policy.ceiling)
    wanted = msgspec.structs.asdict(policy.default) | wishes
    return Limits(**{name: min(value, ceilings[name]) for name, value in wanted.items()})
