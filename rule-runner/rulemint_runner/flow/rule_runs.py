"""One rule of a flow: its source, and a turn of it on a host of its authority."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog
from redis.exceptions import RedisError

from rulemint_runner.egress.client import ClosedBroker
from rulemint_runner.flow.replay_turn import ReplayTurn
from rulemint_runner.flow.results import RuleResult, failed_result
from rulemint_runner.flow.rule_sources import RuleSource, RuleSourceError, RuleSources
from rulemint_runner.flow.rule_state import TriedStates
from rulemint_runner.flow.rule_turn import RuleParts, RuleRun, RuleTurn
from rulemint_runner.hosts.pool.pool import HostPool
from rulemint_shared.contract.messages import FailureReason, RuleRef, Trial

log = structlog.get_logger(__name__)

Done = Callable[[RuleResult], None]
"""Hears of the result of one rule."""


class RuleRuns:
    """Runs rules on the hosts of this runner."""

    def __init__(self, sources: RuleSources, pool: HostPool, parts: RuleParts) -> None:
        self._sources = sources
        self._pool = pool
        self._parts = parts
        self._closed_parts = replace(parts, states=TriedStates(), broker=ClosedBroker())
        """Of replays: nothing in them reaches anything."""
        self._reading: set[asyncio.Task[None]] = set()

    def begin(self, run: RuleRun, done: Done) -> None:
        """Run one rule. *done* hears of its result, perhaps before this returns.

        Each failure is a `Failed`, and shows no secret.
        """
        try:
            source = self._source_at_hand(run)
        except RuleSourceError as error:
            done(_no_rule(error))
            return
        if source is not None:
            self._submit(run, source, done)
        else:
            self._in_background(self._read_and_submit(run, done))

    def give_up(self, run: RuleRun) -> None:
        """Stop *run*: nobody waits for it any more."""
        if run.turn is not None:
            self._pool.give_up(run.turn.authority, run.turn)

    def _source_at_hand(self, run: RuleRun) -> RuleSource | None:
        trial = _trial(run)
        if trial is not None:
            return self._sources.of_trial(trial)
        return self._sources.kept(run.invocation.tenant, _named(run))

    async def _read_and_submit(self, run: RuleRun, done: Done) -> None:
        try:
            source = await self._sources.get(run.invocation.tenant, _named(run))
        except (RuleSourceError, RedisError, OSError) as error:
            done(_no_rule(error))
        else:
            self._submit(run, source, done)

    def _submit(self, run: RuleRun, source: RuleSource, done: Done) -> None:
        run.turn = self._turn(run, source, done)
        self._pool.submit(run.turn.authority, run.turn)

    def _turn(self, run: RuleRun, source: RuleSource, done: Done) -> RuleTurn:
        if run.replayed is None:
            return RuleTurn(run, source, self._parts, done)
        return ReplayTurn(run, run.replayed, source, self._closed_parts, done, lambda: self.give_up(run))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)


def _named(run: RuleRun) -> RuleRef:
    """The rule to read: in a replay that of the tape. A runner that knows no replays finds no rule, and runs none."""
    taped = None if run.replayed is None else run.replayed.ref
    return run.rule if taped is None else taped


def _trial(run: RuleRun) -> Trial | None:
    """The text that came along to be tried in the place of the rule."""
    if run.replayed is not None:
        return run.replayed.trial
    return None if run.rule.stored_id else run.invocation.trial


def _no_rule(error: Exception) -> RuleResult:
    return failed_result(FailureReason.INTERRUPTED, f"no rule to run: {error}")
