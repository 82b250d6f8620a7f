"""Start, read and stop the rollout of a version."""

from __future__ import annotations

import msgspec

from rulemint_gateway.management.errors import ConflictError, NotFoundError, UnavailableError
from rulemint_gateway.management.rollouts.answers import RolloutAnswer, rollout_answer
from rulemint_gateway.management.rollouts.bodies import StartRollout
from rulemint_gateway.management.rules.checks import VersionChecks
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.rules.versions import check_is_built
from rulemint_gateway.stores.catalog.tables import RULE_VERSIONS, RULES
from rulemint_gateway.stores.traffic.rollout_counts import RolloutCounts, Totals
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore, StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Rule, RuleVersion
from rulemint_shared.contract.rollouts import Rollout, RolloutState


class Rollouts:
    """The use cases of ``/api/v2/rules/{id}/rollout``."""

    def __init__(self, store: ConfigStore, records: RuleRecords, checks: VersionChecks, counts: RolloutCounts) -> None:
        self._store = store
        self._records = records
        self._checks = checks
        self._counts = counts

    async def read(self, tenant: str, rule_id: str) -> RolloutAnswer:
        """Return the last rollout of the rule, with what was counted of it.

        Raises:
            NotFoundError: there is no such rule, or it never had one.
            UnavailableError: nobody can tell the counts now.
        """
        rule = self._records.find(tenant, rule_id)
        rollout = _rollout_of(rule)
        try:
            totals = await self._counts.read(tenant, rollout.id)
        except StoreUnavailableError as error:
            raise UnavailableError("The counts of the rollout cannot be read now: try again") from error
        return rollout_answer(rule, rollout, totals)

    async def start(self, tenant: str, rule_id: str, body: StartRollout) -> RolloutAnswer:
        """Begin to roll a version out. It loads, and its cases hold, as if it was deployed.

        Raises:
            ManagementError: there is no such version, it is not good, or there is nothing to compare it with.
        """
        rule = self._records.find(tenant, rule_id)
        wanted = body.rollout_of(rule, now_ms=unix_ms())
        checked = await self._checked(tenant, rule, wanted.version)

        async def plan() -> Changes[Rule]:
            rule = self._records.find(tenant, rule_id)
            rollout = body.rollout_of(rule, now_ms=unix_ms())
            text = await self._records.text(tenant, rule, rollout.version)
            if msgspec.structs.replace(text, power=checked.power) != checked:
                raise ConflictError("The rule has another draft by now: start again")
            started = msgspec.structs.replace(rule, rollout=rollout, updated_at_ms=unix_ms())
            changes = Changes(started)
            if text != checked:  # nothing knew its power
                changes.put(RULE_VERSIONS, checked)
            changes.put(RULES, started)
            return changes

        started = await self._store.transact(tenant, plan)
        return rollout_answer(started, _rollout_of(started), Totals({}))

    async def stop(self, tenant: str, rule_id: str) -> None:
        """End the rollout: the version that runs goes on for all. One that is over is no error.

        Raises:
            NotFoundError: there is no such rule, or it never had a rollout.
        """

        async def plan() -> Changes[None]:
            rule = self._records.find(tenant, rule_id)
            rollout = _rollout_of(rule)
            changes: Changes[None] = Changes(None)
            if rollout.is_running:
                now_ms = unix_ms()
                stopped = rollout.ended(RolloutState.STOPPED, "somebody stopped it", now_ms=now_ms)
                changes.put(RULES, msgspec.structs.replace(rule, rollout=stopped, updated_at_ms=now_ms))
            return changes

        await self._store.transact(tenant, plan)

    async def _checked(self, tenant: str, rule: Rule, version: int) -> RuleVersion:
        text = await self._records.text(tenant, rule, version)
        check_is_built(text)
        return await self._checks.require(tenant, rule.name, text)


def _rollout_of(rule: Rule) -> Rollout:
    if rule.rollout is None:
        raise NotFoundError("rollout of the rule", code="inexistent_rollout")
    return rule.rollout
