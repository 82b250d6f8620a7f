"""The body of ``POST /api/v2/rules/backtest``: a stored rule, and what would take its place."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError
from rulemint_gateway.management.nouns.fields import AllowHosts, Dependencies, Script, SecretName, SecretValue
from rulemint_gateway.management.rules.bodies import Limits
from rulemint_gateway.management.rules.secrets import MAX_SECRETS
from rulemint_gateway.management.trials.bodies import TryRule
from rulemint_shared.contract.records import Rule
from rulemint_shared.ids import exchange_time_ms

MAX_RECORDS = 1_000
_VERSION_FIELDS = ("script", "allow_hosts", "limits", "dependencies", "secrets")


class BacktestBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stored rule by ``rule_id``, and its draft: fields that replace what it has, or a ``version``.

    Without both, the draft that is saved is compared with the version that runs.
    """

    rule_id: Annotated[str, Meta(min_length=1, max_length=64)]
    script: Script | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
    allow_hosts: AllowHosts | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    dependencies: Dependencies | UnsetType = UNSET
    secrets: Annotated[dict[SecretName, SecretValue], Meta(max_length=MAX_SECRETS)] | UnsetType = UNSET
    """Without them, those of the stored rule."""
    since_ms: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    """Only token requests from then on, in ms since 1970."""
    take: Annotated[int, Meta(ge=1, le=MAX_RECORDS)] = MAX_RECORDS
    """Replay at most so many."""
    before: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    """Go on here: the ``next`` of an earlier answer."""

    @property
    def before_id(self) -> str:
        """The exchange whose tape was the last that an earlier call has replayed; empty: this is the first call.

        Raises:
            InvalidBodyError: it is no id.
        """
        if self.before is UNSET:
            return ""
        if exchange_time_ms(self.before) is None:
            raise InvalidBodyError("Send the next of an earlier answer, or leave it out", field="before")
        return self.before

    def draft_of(self, rule: Rule) -> TryRule:
        """Name the version that is to be compared with the one of *rule* that runs.

        Raises:
            ManagementError: nothing is, or no version runs.
        """
        if not rule.version:
            raise ConflictError(
                "No version of the rule runs, so nothing was recorded to compare with: deploy it first",
                code="nothing_runs",
            )
        given: dict[str, Any] = {name: value for name in _VERSION_FIELDS if (value := getattr(self, name)) is not UNSET}
        if self.version is not UNSET:
            if "script" in given:
                raise InvalidBodyError("Send either a script or a version", field="version")
            given["version"] = self.version
        elif not given:
            if not rule.draft:
                raise InvalidBodyError("Send a script: the rule has no draft to compare", field="script")
            given["version"] = rule.draft
        elif "script" not in given:
            given["version"] = rule.version
        if "version" in given:
            given["rule_id"] = rule.id
        return TryRule(client="backtest", **given)
