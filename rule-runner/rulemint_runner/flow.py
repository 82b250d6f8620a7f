"""One invocation: the tenant's rules in their order, each on what the one before left, until the first that says no."""

from __future__ import annotations

import time

import msgspec

from rulemint_runner.geoip import GeoIp
from rulemint_runner.invocation_log import InvocationLog
from rulemint_runner.results import RuleResult
from rulemint_runner.rule_runs import RuleRun, RuleRuns
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import Failed, Granted, Invocation, Level, Outcome, RuleRef, RuleReport
from rulemint_shared.secret_masking import masked


class FlowEnding(msgspec.Struct, frozen=True, kw_only=True):
    """How a flow ended; *decided_by* is the rule whose word was the last."""

    outcome: Outcome
    decided_by: RuleRef
    reports: list[RuleReport]


class Flow:
    """Runs flows, rule by rule."""

    def __init__(self, rule_runs: RuleRuns, geoip: GeoIp) -> None:
        self._rule_runs = rule_runs
        self._geoip = geoip

    async def run(self, invocation: Invocation, deadline: Deadline, log: InvocationLog) -> FlowEnding:
        """The ending of *invocation*'s flow, at *deadline* at the latest."""
        granted = Granted(scope=invocation.scope)
        reports: list[RuleReport] = []
        place = self._geoip.find(invocation.request.ip)
        began_late = 2_000 * deadline.remaining_s() < invocation.deadline_ms - invocation.enqueued_at_ms
        for rule in invocation.flow:
            began_s = time.perf_counter()
            result = await self._rule_runs.run(
                RuleRun(
                    rule=rule,
                    invocation=invocation,
                    given=granted,
                    deadline=deadline,
                    began_late=began_late,
                    log=log,
                    place=place,
                )
            )
            duration_ms = round((time.perf_counter() - began_s) * 1000, 3)
            reports.append(_report(rule, granted, result, duration_ms))
            for dropped in result.dropped:
                log.add(rule, Level.WARN, f"left out {dropped.name}: {dropped.why}")
            if not isinstance(result.outcome, Granted):
                if isinstance(result.outcome, Failed):
                    log.add(rule, Level.ERROR, result.outcome.detail or str(result.outcome.reason))
                return FlowEnding(outcome=result.outcome, decided_by=rule, reports=reports)
            granted = result.outcome
        return FlowEnding(outcome=granted, decided_by=invocation.flow[-1], reports=reports)


def _report(rule: RuleRef, given: Granted, result: RuleResult, duration_ms: float) -> RuleReport:
    left = result.outcome if isinstance(result.outcome, Granted) else given
    return RuleReport(
        rule=rule.name,
        version=rule.version,
        scope_given=given.scope,
        scope_added=[scope for scope in left.scope if scope not in given.scope],
        scope_removed=[scope for scope in given.scope if scope not in left.scope],
        claims_set=masked({name: value for name, value in left.claims.items() if given.claims.get(name) != value}),
        dropped=result.dropped,
        duration_ms=duration_ms,
    )
