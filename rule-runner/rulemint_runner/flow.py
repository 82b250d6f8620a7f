"""One invocation: the tenant's rules in their order, each on what the one before left, until the first that says no."""

from __future__ import annotations

import itertools
import re
import time

import msgspec
from redis.exceptions import RedisError

from rulemint_runner.hosts import frames
from rulemint_runner.hosts.host import Host, HostEndedError, OnLine, RuleNotLoadedError
from rulemint_runner.hosts.languages import SUFFIXES
from rulemint_runner.hosts.nursery import Nursery
from rulemint_runner.hosts.pool import Authority, HostPool
from rulemint_runner.invocation_log import InvocationLog
from rulemint_runner.masking import Mask
from rulemint_runner.results import RuleResult, interpret
from rulemint_runner.rule_sources import RuleSource, RuleSourceError, RuleSources
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import (
    Failed,
    FailureReason,
    Granted,
    Invocation,
    Level,
    Outcome,
    RuleRef,
    RuleReport,
)

_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


class FlowEnding(msgspec.Struct, frozen=True, kw_only=True):
    """How a flow ended; *decided_by* is the rule whose word was the last."""

    outcome: Outcome
    decided_by: RuleRef
    reports: list[RuleReport]


class Flow:
    """Runs flows on the hosts of this runner."""

    def __init__(self, *, nursery: Nursery, pool: HostPool, sources: RuleSources, rule_timeout_s: float) -> None:
        self._nursery = nursery
        self._pool = pool
        self._sources = sources
        self._rule_timeout_s = rule_timeout_s
        self._numbers = itertools.count(1)

    async def run(self, invocation: Invocation, deadline: Deadline, log: InvocationLog) -> FlowEnding:
        """The ending of *invocation*'s flow, at *deadline* at the latest."""
        granted = Granted(scope=invocation.scope)
        reports: list[RuleReport] = []
        for rule in invocation.flow:
            began_s = time.perf_counter()
            result = await self._run_rule(rule, invocation, granted, deadline, log)
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

    async def _run_rule(
        self, rule: RuleRef, invocation: Invocation, given: Granted, deadline: Deadline, log: InvocationLog
    ) -> RuleResult:
        """The result of one rule; whatever goes wrong is a `Failed`, never an exception, and shows no secret."""
        try:
            source = await self._sources.get(invocation.tenant, rule)
        except (RuleSourceError, RedisError, OSError) as error:
            return RuleResult(outcome=Failed(reason=FailureReason.INTERRUPTED, detail=f"no rule to run: {error}"))
        mask = Mask(source.secrets.values())
        try:
            write = log.writer(rule, mask)
            answer = await self._ask_host(rule, source, invocation, given, deadline, write)
        except HostEndedError as error:
            return RuleResult(outcome=Failed(reason=error.reason, detail=error.detail))
        except RuleNotLoadedError as error:
            return RuleResult(outcome=Failed(reason=error.reason, detail=mask(error.text)[:4_096]))
        return _masked(interpret(answer, given=given, scope_ceiling=invocation.scope_ceiling), mask)

    async def _ask_host(
        self,
        rule: RuleRef,
        source: RuleSource,
        invocation: Invocation,
        given: Granted,
        deadline: Deadline,
        write: OnLine,
    ) -> frames.Returned | frames.Refused | frames.Threw | frames.BadReturn:
        async def make_host() -> Host:
            host = await self._nursery.take(source.language)
            await host.load(_load_frame(rule, source), Deadline.after(self._rule_timeout_s), write)
            return host

        authority = Authority(invocation.tenant, rule.rule_id, rule.version, rule.secrets_revision, source.language)
        async with self._pool.borrow(authority, make_host, deadline) as host:
            run = _run_frame(next(self._numbers), invocation, given)
            return await host.run(run, deadline.earlier(self._rule_timeout_s), write)


def _masked(result: RuleResult, mask: Mask) -> RuleResult:
    """What a rule threw, and the names that were left out, are shown to whoever reads the logs."""
    outcome = result.outcome
    if isinstance(outcome, Failed):
        outcome = msgspec.structs.replace(outcome, detail=mask(outcome.detail))
    dropped = [msgspec.structs.replace(each, name=mask(each.name)) for each in result.dropped]
    return RuleResult(outcome=outcome, dropped=dropped)


def _load_frame(rule: RuleRef, source: RuleSource) -> frames.Load:
    stem = _NOT_IN_FILE_NAMES.sub("-", rule.name).strip("-") or "rule"
    return frames.Load(
        file=f"{stem}.{SUFFIXES[source.language]}",
        language=source.language,
        script=source.script,
        secrets=source.secrets,
    )


def _run_frame(number: int, invocation: Invocation, given: Granted) -> frames.Run:
    request = invocation.request
    return frames.Run(
        n=number,
        client=msgspec.structs.asdict(invocation.client),
        scope=given.scope,
        audience=invocation.audience,
        context={"ip": request.ip, "userAgent": request.user_agent, "body": request.body},
    )


def _report(rule: RuleRef, given: Granted, result: RuleResult, duration_ms: float) -> RuleReport:
    left = result.outcome if isinstance(result.outcome, Granted) else given
    return RuleReport(
        rule=rule.name,
        version=rule.version,
        scope_given=given.scope,
        scope_added=[scope for scope in left.scope if scope not in given.scope],
        scope_removed=[scope for scope in given.scope if scope not in left.scope],
        claims_set={name: value for name, value in left.claims.items() if given.claims.get(name) != value},
        dropped=result.dropped,
        duration_ms=duration_ms,
    )
