"""One rule of a flow: its source, a host of its authority, what it answers, and the calls that it makes meanwhile."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from rulemint_runner.egress.client import EgressBroker
from rulemint_runner.egress.errors import EgressError
from rulemint_runner.egress.invocation_calls import CallRights, InvocationCalls
from rulemint_runner.egress.messages import OutboundRequest, Redirect
from rulemint_runner.hosts import frames
from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Answer, Host, HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.languages import SUFFIXES, Languages
from rulemint_runner.hosts.nursery import Nursery
from rulemint_runner.hosts.outbound import Fetch
from rulemint_runner.hosts.pause import Caller, Pause
from rulemint_runner.hosts.pool import HostPool
from rulemint_runner.invocation_log import InvocationLog
from rulemint_runner.invocation_state import InvocationState
from rulemint_runner.limits import LimitPolicy, Limits
from rulemint_runner.masking import Mask
from rulemint_runner.packages.package_store import PackagesMissingError, PackageStore
from rulemint_runner.results import RuleResult, interpret
from rulemint_runner.rule_sources import RuleSource, RuleSourceError, RuleSources
from rulemint_runner.rule_state import Owner, RuleStates
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.deadline import Deadline
from rulemint_shared.endings import failed
from rulemint_shared.messages import MAX_DETAIL, Failed, FailureReason, Granted, Invocation, RuleRef
from rulemint_shared.rule_state import CacheRecord

log = structlog.get_logger(__name__)

_META = {
    "wt-compiler": "auth0-ext-compilers/client-credentials-exchange",
    "auth0-extension": "runtime",
    "auth0-extension-name": "credentials-exchange",
}
"""What `context.webtask.meta` held of every rule at Auth0."""
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class RuleRun:
    """One rule to run: on what, until when, and who takes its lines."""

    rule: RuleRef
    invocation: Invocation
    given: Granted
    deadline: Deadline
    began_late: bool
    """Whether most of the request's time had passed before its first rule, so that no rule is to blame for the rest."""
    log: InvocationLog
    place: dict[str, Any]
    """Where the caller is, as an action sees it."""


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A run with everything that its rule version says."""

    run: RuleRun
    source: RuleSource
    limits: Limits


class RuleRuns:
    """Runs rules on the hosts of this runner."""

    def __init__(
        self,
        *,
        sources: RuleSources,
        states: RuleStates,
        packages: PackageStore,
        limits: LimitPolicy,
        languages: Languages,
        nursery: Nursery,
        pool: HostPool,
        broker: EgressBroker,
    ) -> None:
        self._sources = sources
        self._states = states
        self._packages = packages
        self._limits = limits
        self._languages = languages
        self._nursery = nursery
        self._pool = pool
        self._broker = broker
        self._numbers = itertools.count(1)

    async def run(self, run: RuleRun) -> RuleResult:
        """The result of one rule; whatever goes wrong is a `Failed`, never an exception, and shows no secret."""
        try:
            source = await self._source_of(run)
        except (RuleSourceError, RedisError, OSError) as error:
            return _failed(FailureReason.INTERRUPTED, f"no rule to run: {error}")
        limits, mask = self._limits.of(source.limits), source.mask
        try:
            answer = await self._ask_host(_Prepared(run=run, source=source, limits=limits))
        except HostEndedError as error:
            return _ended(run, error.reason, error.detail, error.pause)
        except RuleNotLoadedError as error:
            return _ended(run, error.reason, mask(error.text), error.pause)
        result = interpret(
            answer,
            given=run.given,
            scope_ceiling=run.invocation.scope_ceiling,
            grant_scope=run.invocation.grant_scope,
            max_bytes=limits.result_bytes,
        )
        return _masked(result, mask)

    async def _source_of(self, run: RuleRun) -> RuleSource:
        draft = run.invocation.draft
        if draft is not None:
            return self._sources.of_draft(draft)
        return await self._sources.get(run.invocation.tenant, run.rule)

    async def _ask_host(self, prepared: _Prepared) -> Answer:
        run, source, limits = prepared.run, prepared.source, prepared.limits
        write = run.log.writer(run.rule, source.mask, max_bytes=limits.log_bytes)

        async def make_host(*, priority: Priority) -> Host:
            packages = await self._packages_of(source)
            program = self._languages.program(source.language, memory_mb=limits.memory_mb)
            host = await self._nursery.take(program, priority=priority)
            await host.load(_load_frame(prepared, packages), Deadline.after(limits.timeout_s), write)
            return host

        authority = _authority(run, source)
        async with self._pool.borrow(authority, make_host, run.deadline, _caller(run)) as host:
            deadline = run.deadline.earlier(limits.timeout_s)
            is_cut_short = run.began_late and deadline is run.deadline
            overdue = FailureReason.LATE if is_cut_short else FailureReason.TIMEOUT
            rights = CallRights(run.invocation.tenant, source.allow_hosts, authority.name)
            calls = InvocationCalls(self._broker, rights, deadline, lambda report: run.log.called(run.rule, report))
            state = InvocationState(self._states, Owner(run.invocation.tenant, run.rule.rule_id), deadline, write)
            cache = await state.cache() if host.wants_cache else {}
            try:
                frame = self._run_frame(run, cache)
                answer = await host.run(frame, deadline, write, _fetch_through(calls), state, overdue=overdue)
            finally:
                await calls.close()
        await state.keep_cache()
        return answer

    async def _packages_of(self, source: RuleSource) -> msgspec.Raw:
        if not source.packages:
            return frames.NO_PACKAGES
        try:
            return msgspec.Raw(await self._packages.get(source.packages))
        except (PackagesMissingError, RedisError, OSError) as error:
            raise HostEndedError(FailureReason.INTERRUPTED, str(error)) from error

    def _run_frame(self, run: RuleRun, cache: dict[str, CacheRecord]) -> frames.Run:
        request = run.invocation.request
        return frames.Run(
            n=next(self._numbers),
            client=msgspec.structs.asdict(run.invocation.client),
            scope=run.given.scope,
            audience=run.invocation.audience,
            context={"ip": request.ip, "userAgent": request.user_agent, "body": request.body},
            request={
                "id": run.invocation.id,
                "headers": request.headers,
                "query": request.query,
                "hostname": request.hostname,
                "requested_scopes": request.requested_scopes,
                "geoip": run.place,
            },
            claims=run.given.claims,
            cache=cache,
        )


def _authority(run: RuleRun, source: RuleSource) -> Authority:
    rule = run.rule
    return Authority(
        run.invocation.tenant, rule.rule_id, rule.version, rule.secrets_revision, source.language, source.isolation
    )


def _caller(run: RuleRun) -> Caller:
    return Caller(run.invocation.client.id, run.rule.resumed_at_ms, run.rule.client_resumed_at_ms)


def _load_frame(prepared: _Prepared, packages: msgspec.Raw) -> frames.Load:
    source = prepared.source
    stem = _NOT_IN_FILE_NAMES.sub("-", prepared.run.rule.name).strip("-") or "rule"
    return frames.Load(
        file=f"{stem}.{SUFFIXES[source.language]}",
        language=source.language,
        script=source.script,
        secrets=source.secrets,
        result_bytes=prepared.limits.result_bytes,
        meta=_META,
        packages=packages,
    )


def _fetch_through(calls: InvocationCalls) -> Fetch:
    """*calls* as a host asks for them: what goes wrong is in the reply, for the rule's author."""

    async def fetch(call: frames.Call) -> frames.Reply:
        request = OutboundRequest(
            method=call.method,
            url=call.url,
            headers=tuple(call.headers),
            body=call.body,
            redirect=Redirect(call.redirect),
        )
        try:
            answer = await calls.fetch(request)
        except EgressError as error:
            return frames.Reply(id=call.id, error=error.why)
        return frames.Reply(
            id=call.id,
            status=answer.status,
            reason=answer.reason,
            headers=list(answer.headers),
            body=answer.body,
            url=answer.url,
            redirected=answer.redirected,
        )

    return fetch


def _failed(reason: FailureReason, detail: str) -> RuleResult:
    return RuleResult(outcome=failed(reason, detail))


def _ended(run: RuleRun, reason: FailureReason, detail: str, pause: Pause | None) -> RuleResult:
    """No answer; if the rule pauses now, the logs say for whom, why, for how long and what helps."""
    if pause is None:
        return _failed(reason, detail)
    text = pause.text(run.rule.name, run.invocation.client.id)
    if reason is not FailureReason.OVERLOADED:  # it pauses from now on
        log.warning("a rule pauses", tenant=run.invocation.tenant, rule_id=run.rule.rule_id, how=text)
        text = f"{detail[: MAX_DETAIL - len(text) - 2]}; {text}"
    for_all = pause.for_all and not pause.longer
    return RuleResult(outcome=failed(reason, text, pauses_for_s=pause.left_s, pauses_for_all=for_all))


def _masked(result: RuleResult, mask: Mask) -> RuleResult:
    """What a rule threw, and the names that were left out, are shown to whoever reads the logs."""
    outcome = result.outcome
    if isinstance(outcome, Failed):
        outcome = msgspec.structs.replace(outcome, detail=mask(outcome.detail))
    dropped = [msgspec.structs.replace(each, name=mask(each.name)) for each in result.dropped]
    return RuleResult(outcome=outcome, dropped=dropped)
