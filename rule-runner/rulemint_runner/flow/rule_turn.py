"""One rule of one invocation as a host runs it: what it is given, may call and keeps, and what its answer means."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from rulemint_runner.egress.client import EgressBroker
from rulemint_runner.egress.invocation_calls import CallRights, InvocationCalls
from rulemint_runner.flow.failures import failure_of
from rulemint_runner.flow.how_it_ran import position_in, ran_on
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.flow.invocation_state import InvocationState
from rulemint_runner.flow.limits import LimitPolicy
from rulemint_runner.flow.load_frames import a_seed, file_of, load_frame, packages_of
from rulemint_runner.flow.locks import within
from rulemint_runner.flow.results import RuleResult, failed_result, interpret, masked
from rulemint_runner.flow.rule_calls import fetch_through, recorded
from rulemint_runner.flow.rule_sources import RuleSource
from rulemint_runner.flow.rule_state import Owner, RuleStates, TriedStates
from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.hosts.pause import Caller
from rulemint_runner.hosts.turn import Answer, Turn
from rulemint_runner.hosts.wire import frames
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.tapes.recording import RuleRecording
from rulemint_runner.tapes.replaying import TapedRule
from rulemint_shared.clock import machine_ms
from rulemint_shared.contract.messages import (
    FailureReason,
    Granted,
    Invocation,
    Position,
    RanOn,
    RuleRef,
)
from rulemint_shared.contract.records import Isolation
from rulemint_shared.contract.rule_state import CacheRecord
from rulemint_shared.deadline import Deadline

log = structlog.get_logger(__name__)

_TOO_LATE = {FailureReason.TIMEOUT, FailureReason.LATE}
_numbers = itertools.count(1)
"""Of runs: no two of this process have the same."""


@dataclass(kw_only=True)
class RuleRun:
    """One rule to run: on what, until when, and who takes its lines."""

    rule: RuleRef
    invocation: Invocation
    given: Granted
    deadline: Deadline
    began_late: bool
    """Most of the request's time had passed before its first rule, so that no rule is to blame for the rest."""
    log: InvocationLog
    place: dict[str, Any]
    """The place of the caller, as an action sees it."""
    turn: RuleTurn | None = None
    """Under way, once its source is known."""
    recording: RuleRecording | None = None
    """Takes what its host sees, for a tape."""
    replayed: TapedRule | None = None
    """Its part of a tape, in a replay."""


@dataclass(frozen=True, kw_only=True)
class RuleParts:
    """The parts that all rules of this runner have in common."""

    states: RuleStates
    packages: PackageStore
    limits: LimitPolicy
    languages: Languages
    broker: EgressBroker


class RuleTurn(Turn):
    """A turn of one rule. Each failure is a `Failed`, and shows no secret."""

    def __init__(self, run: RuleRun, source: RuleSource, parts: RuleParts, done: Callable[[RuleResult], None]) -> None:
        """*done* hears of its result."""
        self.limits = parts.limits.of(source.limits)
        super().__init__(
            next(_numbers),
            deadline=run.deadline,
            timeout_s=self.limits.timeout_s,
            caller=Caller(run.invocation.client.id, run.rule.resumed_at_ms, run.rule.client_resumed_at_ms),
            began_late=run.began_late,
        )
        self.authority = _authority(run, source)
        self._run = run
        self._source = source
        self._parts = parts
        self._done = done
        self._write = run.log.writer(run.rule, source.mask, max_bytes=self.limits.log_bytes)
        self._calls: InvocationCalls | None = None
        self._package_bytes = 0
        self._state: InvocationState | None = None
        self._cache: dict[str, CacheRecord] = {}
        self._ending: asyncio.Task[None] | None = None
        if run.recording is not None:
            run.recording.mask = source.mask

    # ---- what it is ----

    def program(self) -> HostProgram:
        """The host program of its language, with the memory of its version and of the packages that were loaded."""
        languages, memory_mb = self._parts.languages, self.limits.memory_mb
        return languages.program(self._source.language, memory_mb=memory_mb, package_bytes=self._package_bytes)

    async def load(self) -> frames.Load:
        """Its text, its secrets and its packages."""
        packages = await packages_of(self._source.packages, self._parts.packages)
        self._package_bytes = len(bytes(packages))
        return load_frame(self._run.rule.name, self._source, self.limits, packages)

    async def bring_cache(self) -> None:
        """Find what its rule's cache holds."""
        self._cache = await self._state_so_far().cache()

    def frame(self) -> frames.Run:
        """The invocation as its rule sees it."""
        invocation, given = self._run.invocation, self._run.given
        request = invocation.request
        frame = frames.Run(
            n=self.number,
            client=msgspec.structs.asdict(invocation.client),
            scope=given.scope,
            audience=invocation.audience,
            context={"ip": request.ip, "userAgent": request.user_agent, "body": request.body},
            request={
                "id": invocation.id,
                "headers": request.headers,
                "query": request.query,
                "hostname": request.hostname,
                "requested_scopes": request.requested_scopes,
                "geoip": self._run.place,
            },
            claims=given.claims,
            cache=self._cache,
            seed=a_seed(),
            now_ms=machine_ms(),
            record=self._run.recording is not None,
        )
        if self._run.recording is not None:
            self._run.recording.run = frame
        return frame

    def begin(self, pid: int) -> None:
        """Note on what its host begins."""
        super().begin(pid)
        recording = self._run.recording
        if recording is not None:
            recording.runs_before = self.runs_before
            recording.seeds = self.seeds

    # ---- what its rule does ----

    def take_line(self, line: frames.Line) -> None:
        """A line of the invocation's log."""
        self._write(line)

    def fetch(self, call: frames.Call) -> Coroutine[Any, Any, frames.Reply]:
        """Have the broker make *call*. From now on the result waits for it to be noted."""
        if self._calls is None:
            run = self._run
            rights = CallRights(run.invocation.tenant, self._source.allow_hosts, self.authority.name)
            self._calls = InvocationCalls(
                self._parts.broker, rights, self.until, lambda report: run.log.called(run.rule, report)
            )
        recording, calls = self._run.recording, self._calls
        if recording is None:
            return fetch_through(calls, call)
        return recorded(recording, recording.ask(call), lambda: fetch_through(calls, call))

    def storage(self, asked: frames.StorageGet | frames.StorageSet) -> Coroutine[Any, Any, frames.Stored]:
        """Read or write the rule's document."""
        recording, state = self._run.recording, self._state_so_far()
        if recording is None:
            return state.storage(asked)
        return recorded(recording, recording.ask(asked), lambda: state.storage(asked))

    def cache_changed(self, changes: frames.CacheChanged) -> None:
        """Keep it once the rule has answered."""
        self.noted(changes)
        self._state_so_far().cache_changed(changes)

    def noted(self, draw: frames.Noted | frames.CacheChanged) -> None:
        """Have it on the tape."""
        if self._run.recording is not None:
            self._run.recording.note(draw)

    # ---- what the record says of it ----

    def ran_on(self, since_s: float) -> RanOn | None:
        """The host that came to it, if one did; its time had come at *since_s* (monotonic clock)."""
        engine = self._parts.languages.engine(self._source.language)
        return ran_on(self, self.limits, since_s=since_s, engine=engine, packages=self._source.packages)

    def position_in(self, detail: str) -> Position | None:
        """The place in the rule's text that *detail* of its failure names."""
        return position_in(detail, file_of(self._run.rule.name, self._source.language))

    # ---- its end ----

    def answered(self, answer: Answer) -> None:
        """The result is what *answer* means."""
        self._end(lambda: self._result_of(answer), has_answered=True)

    def failed(self, error: HostEndedError | RuleNotLoadedError) -> None:
        """There is none, because of *error*. If it came too late, its calls may say why."""
        hint = self._calls.hint() if self._calls is not None and error.reason in _TOO_LATE else ""
        self._end(lambda: self._failure(error, hint), has_answered=False)

    def _failure(self, error: HostEndedError | RuleNotLoadedError, hint: str) -> RuleResult:
        return failure_of(self._run.rule, self._run.invocation, error, self._source.mask, hint)

    def _end(self, result: Callable[[], RuleResult], *, has_answered: bool) -> None:
        if self._run.recording is not None:
            self._run.recording.close()
        if self._calls is None and (self._state is None or not has_answered):
            self._tell(result)
        else:
            self._ending = asyncio.get_running_loop().create_task(self._settle(result, has_answered=has_answered))

    async def _settle(self, result: Callable[[], RuleResult], *, has_answered: bool) -> None:
        """First everything that it has begun is noted, and kept."""
        try:
            if self._calls is not None:
                await self._calls.close()
            if self._state is not None and has_answered:
                await self._state.keep_cache()
        except Exception:
            log.exception("an invocation failed in the runner", invocation=self._run.invocation.id)
            self._done(failed_result(FailureReason.CRASHED, "the runner failed"))
        else:
            self._tell(result)

    def _tell(self, result: Callable[[], RuleResult]) -> None:
        try:
            told = result()
        except Exception:
            log.exception("an invocation failed in the runner", invocation=self._run.invocation.id)
            told = failed_result(FailureReason.CRASHED, "the runner failed")
        self._done(told)

    def _result_of(self, answer: Answer) -> RuleResult:
        invocation = self._run.invocation
        result = interpret(
            answer,
            given=self._run.given,
            scope_ceiling=invocation.scope_ceiling,
            grant_scope=invocation.grant_scope,
            max_bytes=self.limits.result_bytes,
            memory_mb=self.limits.memory_mb,
        )
        if (lock := self._source.lock) is not None:
            result = within(result, lock, given=self._run.given, audience=invocation.audience)
        return masked(result, self._source.mask)

    def _state_so_far(self) -> InvocationState:
        if self._state is None:
            owner = Owner(self._run.invocation.tenant, self._run.rule.rule_id)
            deadline = self.deadline.earlier(self.limits.timeout_s)
            states = TriedStates() if self._run.invocation.is_tried else self._parts.states
            self._state = InvocationState(states, owner, deadline, self._write)
        return self._state


def _authority(run: RuleRun, source: RuleSource) -> Authority:
    """Return the authority of *run*. A rule that is tried has a process of its own, but not in a backtest."""
    rule, tenant = run.rule, run.invocation.tenant
    has_its_own = run.invocation.is_tried and not (run.replayed is not None and run.replayed.shares_hosts)
    isolation = Isolation.FRESH if has_its_own else source.isolation
    seed = run.replayed.shared_load_seed if run.replayed is not None else 0
    return Authority(tenant, rule.rule_id, rule.version, rule.secrets_revision, source.language, isolation, seed)
