"""Acts on the verdict on a canary: rolls it back, or takes its next step.

Each gateway that has counted something judges, and the transaction of the first one counts. The others find another
step, or a rollout that is over, and change nothing. The gateway itself is the caller in the audit record.
"""

from __future__ import annotations

import msgspec
import structlog

from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.management.rollouts.bodies import ALL
from rulemint_gateway.management.rollouts.verdicts import Word, verdict_on
from rulemint_gateway.management.rules.records import RuleRecords
from rulemint_gateway.management.rules.texts import deployed
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import RULES
from rulemint_gateway.stores.traffic.rollout_counts import CountedRollout, Totals
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.log_records import Level, LogLine
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState

log = structlog.get_logger(__name__)


class CanaryJudge:
    """Judges canaries as their requests are counted."""

    def __init__(self, catalog: Catalog, store: ConfigStore, records: RuleRecords, dispatcher: Dispatcher) -> None:
        self._catalog = catalog
        self._store = store
        self._records = records
        self._dispatcher = dispatcher

    async def judge(self, counted: CountedRollout, totals: Totals, exchange: str) -> None:
        """Roll the canary back, or take its next step, if *totals* say so. *exchange* is the request that decided.

        Raises:
            StoreUnavailableError: that could not be written.
        """
        rule = self._under_way(counted)
        if rule is None or rule.rollout is None:
            return
        rollout, verdict = rule.rollout, verdict_on(rule.rollout, totals)
        if verdict.word is Word.TOO_FEW or (verdict.word is Word.PASS and not _may_go_on(rollout)):
            return
        changed = await self._change(counted, rollout, passed=verdict.word is Word.PASS, why=verdict.why)
        if changed is not None and changed.rollout is not None:
            self._tell(counted.tenant, changed, changed.rollout, verdict.why, exchange)

    def _under_way(self, counted: CountedRollout) -> Rule | None:
        if not self._catalog.has_tenant(counted.tenant):
            return None
        rule = self._catalog.tenant(counted.tenant).rules.get(counted.rule_id)
        rollout = None if rule is None else rule.rollout
        if rollout is None or rollout.id != counted.rollout_id or not rollout.is_running:
            return None
        return rule if rollout.kind is RolloutKind.CANARY else None

    async def _change(self, counted: CountedRollout, judged: Rollout, *, passed: bool, why: str) -> Rule | None:
        """Write what the verdict on *judged* makes of its rule; None if somebody else was faster."""

        async def plan() -> Changes[Rule | None]:
            rule = self._under_way(counted)
            if rule is None or rule.rollout != judged:
                return Changes(None)
            now_ms = unix_ms()
            if not passed:
                changed = _with(rule, judged.ended(RolloutState.ROLLED_BACK, why, now_ms=now_ms))
            elif _has_next(judged):
                changed = _with(rule, msgspec.structs.replace(judged, step=judged.step + 1, step_at_ms=now_ms))
            else:
                text = await self._records.text(counted.tenant, rule, judged.version)
                promoted = judged.ended(RolloutState.PROMOTED, why, now_ms=now_ms)
                changed = _with(deployed(rule, text), promoted)
            changed = msgspec.structs.replace(changed, updated_at_ms=now_ms)
            changes: Changes[Rule | None] = Changes(changed)
            changes.put(RULES, changed)
            return changes

        return await self._store.transact(counted.tenant, plan)

    def _tell(self, tenant: str, rule: Rule, rollout: Rollout, why: str, exchange: str) -> None:
        """Have the tenant's log say what was done."""
        is_back = rollout.state is RolloutState.ROLLED_BACK
        if is_back:
            done = f"version {rollout.version} was rolled back to version {rule.version}"
        elif rollout.is_running:
            done = f"version {rollout.version} goes to {rollout.share:g} % of the clients"
        else:
            done = f"version {rollout.version} runs for all clients"
        log.info("rollout judged", tenant=tenant, rule_id=rule.id, version=rollout.version, state=str(rollout.state))
        line = LogLine(
            ts_ms=unix_ms(),
            invocation=exchange,
            client_id="",
            rule=rule.name,
            version=rollout.version,
            level=Level.ERROR if is_back else Level.INFO,
            message=f"{done}: {why}",
        )
        self._dispatcher.log(tenant, line)


def _with(rule: Rule, rollout: Rollout) -> Rule:
    return msgspec.structs.replace(rule, rollout=rollout)


def _has_next(rollout: Rollout) -> bool:
    return rollout.step + 1 < len(rollout.steps)


def _may_go_on(rollout: Rollout) -> bool:
    """Tell whether its present step has lasted long enough, and another one or its end follows.

    One that ends before 100 percent waits for somebody to promote its version.
    """
    has_lasted = unix_ms() >= rollout.step_at_ms + rollout.hold_s * 1000
    return has_lasted and (_has_next(rollout) or rollout.share >= ALL)
