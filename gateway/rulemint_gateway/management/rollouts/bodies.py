"""The body of ``POST /api/v2/rules/{id}/rollout``, and the rollout that it asks for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_shared import ids
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind

MAX_STEPS = 20
ALL = 100.0

Percent = Annotated[float, Meta(ge=0.01, le=ALL)]


class StartRollout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version, and the part of the live token requests that it is to meet."""

    kind: RolloutKind
    version: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
    """Without it, the draft."""
    steps: Annotated[list[Percent], Meta(min_length=1, max_length=MAX_STEPS)]
    """Percents, ascending: of the clients for a canary, of the token requests for a shadow, which has one."""
    minimum: Annotated[int, Meta(ge=5, le=1_000_000)] = 100
    """The fewest token requests of either version, in each step, by which a canary passes."""
    tolerance: Annotated[float, Meta(ge=0, le=ALL)] = 1.0
    """By so many percentage points may a canary's rates of failures and of refusals be higher."""
    hold_s: Annotated[int, Meta(ge=0, le=7 * 86_400)] = 60
    """Each step of a canary lasts for so many seconds at least."""

    def rollout_of(self, rule: Rule, *, now_ms: int) -> Rollout:
        """Return the rollout of *rule* that begins now.

        Raises:
            ManagementError: nothing is to be rolled out, or there is nothing to compare with.
        """
        self._check_steps()
        if not rule.version:
            raise ConflictError(
                "No version of the rule runs, so there is nothing to compare with: deploy it", code="nothing_runs"
            )
        if rule.rollout is not None and rule.rollout.is_running:
            raise ConflictError(
                f"Version {rule.rollout.version} is being rolled out: stop or promote it first",
                code="rollout_under_way",
            )
        version = rule.draft if self.version is UNSET else self.version
        if not version:
            raise InvalidBodyError("Name a version: the rule has no draft", field="version")
        if version == rule.version:
            raise InvalidBodyError("This version runs already", field="version")
        return Rollout(
            id=ids.new_rollout_id(),
            kind=self.kind,
            version=version,
            old_version=rule.version,
            steps=tuple(self.steps),
            started_at_ms=now_ms,
            step_at_ms=now_ms,
            minimum=self.minimum,
            tolerance=self.tolerance,
            hold_s=self.hold_s,
        )

    def _check_steps(self) -> None:
        if self.kind is RolloutKind.SHADOW:
            if len(self.steps) > 1:
                raise InvalidBodyError("A shadow has one share: send one step", field="steps")
        elif self.steps != sorted(set(self.steps)):
            raise InvalidBodyError("Send the steps in ascending order, each once", field="steps")
        elif self.steps[0] >= ALL:
            raise InvalidBodyError(
                "Begin with less than 100 percent: the canary is compared with the version that runs", field="steps"
            )
