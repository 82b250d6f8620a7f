"""The rollout of a version of a rule: to which share of its token requests the version goes, and how that ends."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

_PARTS = 10_000


class RolloutKind(StrEnum):
    """The ways in which a version meets live token requests before it runs for all."""

    CANARY = "canary"
    """It decides for a share of the clients."""
    SHADOW = "shadow"
    """It runs behind a share of the requests and decides nothing."""


class RolloutState(StrEnum):
    """The states of a rollout; in all but the first it is over."""

    RUNNING = "running"
    PROMOTED = "promoted"
    """Its version runs for all."""
    ROLLED_BACK = "rolled_back"
    """Its version failed, and the one before runs for all."""
    STOPPED = "stopped"
    """Somebody ended it."""
    REPLACED = "replaced"
    """Another version was deployed."""


class ShadowRun(StrEnum):
    """The ways in which the run of a shadow behind a live invocation ends."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """It asked for something that the live invocation had no answer to, or it was not run."""
    DROPPED = "dropped"
    """The runner had no room or no time for it."""


def shadow_field(run: ShadowRun) -> str:
    """Name the count of *run* in the hash of a rollout's counts."""
    return f"shadow {run}"


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """The rollout of one version, as its rule's record has it. A reader that does not know it runs no such version."""

    id: str
    """Random: what is counted is counted under it."""
    kind: RolloutKind
    version: int
    old_version: int
    """The version that ran when it began, and that it is compared with."""
    steps: tuple[float, ...]
    """Percents, ascending; of a shadow there is one."""
    step: int = 0
    """The step that it is at, from 0."""
    state: RolloutState = RolloutState.RUNNING
    started_at_ms: int = 0
    step_at_ms: int = 0
    """The time at which its present step began."""
    ended_at_ms: int = 0
    """0: it is under way."""
    minimum: int = 100
    """The fewest requests of either version, in one step, by which its version passes."""
    tolerance: float = 1.0
    """By so many points may its version's rates of failures and of refusals be higher."""
    hold_s: int = 60
    """For so long at least each step lasts."""
    reason: str = ""
    """The reason of its end."""

    @property
    def share(self) -> float:
        """The percents of the step that it is at."""
        return self.steps[min(self.step, len(self.steps) - 1)] if self.steps else 0.0

    @property
    def is_running(self) -> bool:
        """True while it is under way."""
        return self.state is RolloutState.RUNNING

    def ended(self, state: RolloutState, reason: str, *, now_ms: int) -> Rollout:
        """Return it with its end."""
        return msgspec.structs.replace(self, state=state, reason=reason, ended_at_ms=now_ms)


def has_canary(tenant: str, rule_id: str, client_id: str, share: float) -> bool:
    """Tell whether the client is among the *share* percents of clients that get a canary of the rule.

    It is the same client at every gateway and at every time. With a larger share it still is.
    """
    digest = hashlib.blake2b(f"{tenant} {rule_id} {client_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % _PARTS < share * (_PARTS / 100)
