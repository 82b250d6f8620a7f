"""One rule of a replay as a host runs it: fed from its tape, with no broker and no store to reach.

The host and its containment are those of every rule. What is missing is the other end: calls and storage are answered
by the tape, and what a rule changes is compared and forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from rulemint_runner.flow.masks import Mask
from rulemint_runner.flow.results import RuleResult, failed_result
from rulemint_runner.flow.rule_sources import RuleSource
from rulemint_runner.flow.rule_turn import RuleParts, RuleRun, RuleTurn
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.turn import Answer
from rulemint_runner.hosts.wire import frames
from rulemint_runner.tapes.replaying import RuleReplay, TapedRule
from rulemint_shared.contract.messages import Divergence, FailureReason
from rulemint_shared.contract.traces import MAX_TRACED_CHARACTERS, MAX_WRITES, RuleTrace


class ReplayTurn(RuleTurn):
    """A turn that begins as its tape says, and ends where it leaves it."""

    def __init__(
        self,
        run: RuleRun,
        taped: TapedRule,
        source: RuleSource,
        parts: RuleParts,
        done: Callable[[RuleResult], None],
        stop: Callable[[], None],
    ) -> None:
        """*stop* ends it without an answer."""
        super().__init__(run, source, parts, done)
        self.trace: RuleTrace | None = None
        """All that its host, which explains, has seen; None: it does not, or has not said so yet."""
        self._stop = stop
        self._explains = taped.explains
        self.yields = taped.is_shadow
        self._begins_by_tape = not taped.is_shadow
        """Hosts are shared by replays of tapes that one host has left, so that it holds for all of these."""
        self._replay = RuleReplay(taped, source.mask, self._stop_soon)

    @property
    def divergence(self) -> Divergence | None:
        """The place at which it has left its tape; None: it has not."""
        return self._replay.divergence

    def program(self) -> HostProgram:
        """One that hashes as the host did."""
        program = super().program()
        if self._explains:
            program = self._parts.languages.explaining(program)
        if not self._begins_by_tape:
            return program
        return msgspec.structs.replace(program, hash_seed=self._replay.tape.hash_seed)

    async def load(self) -> frames.Load:
        """As the host that ran it began."""
        if not self._begins_by_tape:
            return await super().load()
        tape = self._replay.tape
        names = [name for name in list(tape.claims)[:MAX_WRITES] if len(name) <= MAX_TRACED_CHARACTERS]
        return msgspec.structs.replace(
            await super().load(),
            seed=tape.load_seed,
            now_ms=tape.load_now_ms,
            drawn=tape.load_drawn,
            trace=names if self._explains else None,
        )

    def begin(self, pid: int) -> None:
        """A host comes to it, whose module has drawn what it has drawn."""
        super().begin(pid)
        self._replay.loaded(self.seeds)

    async def bring_cache(self) -> None:
        """It was in the tape's frame."""

    def frame(self) -> frames.Run:
        """The invocation as its rule saw it."""
        frame, tape = super().frame(), self._replay.tape
        return msgspec.structs.replace(
            frame,
            request={**frame.request, "id": self._replay.exchange},
            cache=tape.cache,
            seed=tape.seed,
            now_ms=tape.now_ms,
            noted=self._replay.noted(),
        )

    def fetch(self, call: frames.Call) -> Coroutine[Any, Any, frames.Reply]:
        """The tape's answer."""
        return self._replay.call(call)

    def storage(self, asked: frames.StorageGet | frames.StorageSet) -> Coroutine[Any, Any, frames.Stored]:
        """The tape's answer."""
        return self._replay.storage(asked)

    def cache_changed(self, changes: frames.CacheChanged) -> None:
        """Compare it, and keep nothing."""
        self._replay.note(changes)

    def noted(self, draw: frames.Noted | frames.CacheChanged) -> None:
        """Compare it."""
        self._replay.note(draw)

    def traced(self, traced: frames.Traced) -> None:
        """Keep what its host has seen."""
        self.trace = trace_of(traced, self._run.rule.name, self._source.mask)

    def answered(self, answer: Answer) -> None:
        """The result, unless the tape has more."""
        self._replay.ended()
        if self._replay.divergence is None:
            super().answered(answer)
        else:
            self._left()

    def failed(self, error: HostEndedError | RuleNotLoadedError) -> None:
        """There is none: it left its tape, or failed by itself."""
        self._replay.ended()
        if self._replay.divergence is None:
            super().failed(error)
        else:
            self._left()

    def _stop_soon(self) -> None:
        """Not now: the frame that was compared is still being handled."""
        asyncio.get_running_loop().call_soon(self._stop)

    def _left(self) -> None:
        self._end(lambda: failed_result(FailureReason.INTERRUPTED, "the replay left its tape"), has_answered=False)


def trace_of(traced: frames.Traced, rule: str, mask: Mask) -> RuleTrace:
    """Return what the host of *rule* has seen, without the secrets of the rule."""
    return RuleTrace(
        rule=rule,
        answered_at=traced.answered_at,
        not_run=traced.not_run,
        writes=[
            msgspec.structs.replace(write, name=_bounded(mask(write.name)), before=_bounded(mask(write.before)))
            for write in traced.writes
        ],
        is_cut=traced.is_cut,
    )


def _bounded(text: str) -> str:
    """*text*, of which a mask may have made more."""
    return text[:MAX_TRACED_CHARACTERS]
