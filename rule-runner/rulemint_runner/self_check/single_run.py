"""One run of a rule on a host that serves nobody else: for the attacks of the self-check, and for looking at a host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pipe_user import User
from rulemint_runner.hosts.turn import Answer, Turn
from rulemint_runner.hosts.wire.frames import (
    CacheChanged,
    Call,
    Line,
    Noted,
    Reply,
    Run,
    StorageGet,
    StorageSet,
    Stored,
    Traced,
)
from rulemint_runner.hosts.wire.outbound import Fetch
from rulemint_runner.hosts.wire.state_calls import NO_STATE, State
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.deadline import Deadline


async def run_once(
    host: Host,
    run: Run,
    deadline: Deadline,
    on_line: Callable[[Line], None],
    fetch: Fetch,
    state: State = NO_STATE,
    on_draw: Callable[[Noted], None] = lambda _draw: None,
    on_trace: Callable[[Traced], None] = lambda _traced: None,
) -> Answer:
    """Return the rule's answer to *run*. Every line that it wrote until then has been given to *on_line*.

    Those that it writes before the host is idle follow. Its outbound calls go through *fetch*; those that it did not
    wait for are cancelled. *state* is what it keeps. *on_draw* hears what its host drew, if *run* wants that,
    and *on_trace* what a host that explains has seen.

    Raises:
        HostEndedError: it ended before *deadline*, or was ended at it.
    """
    turn = _SingleTurn(run, deadline, on_line, fetch, state, on_draw, on_trace)
    host.pipe.user = _Alone()
    host.send(turn)
    try:
        return await turn.result
    except asyncio.CancelledError:
        host.kill(FailureReason.INTERRUPTED, "the runner stopped")
        raise


class _SingleTurn(Turn):
    def __init__(
        self,
        run: Run,
        deadline: Deadline,
        on_line: Callable[[Line], None],
        fetch: Fetch,
        state: State,
        on_draw: Callable[[Noted], None],
        on_trace: Callable[[Traced], None],
    ) -> None:
        super().__init__(run.n, deadline=deadline, timeout_s=float("inf"))
        self.result: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._run = run
        self._on_line = on_line
        self._fetch = fetch
        self._state = state
        self._on_draw = on_draw
        self._on_trace = on_trace

    def frame(self) -> Run:
        return self._run

    def take_line(self, line: Line) -> None:
        self._on_line(line)

    async def fetch(self, call: Call) -> Reply:
        return await self._fetch(call)

    async def storage(self, asked: StorageGet | StorageSet) -> Stored:
        return await self._state.storage(asked)

    def cache_changed(self, changes: CacheChanged) -> None:
        self._state.cache_changed(changes)

    def noted(self, draw: Noted) -> None:
        self._on_draw(draw)

    def traced(self, traced: Traced) -> None:
        self._on_trace(traced)

    def answered(self, answer: Answer) -> None:
        if not self.result.done():
            self.result.set_result(answer)

    def failed(self, error: HostEndedError | RuleNotLoadedError) -> None:
        if not self.result.done():
            self.result.set_exception(error)


class _Alone(User):
    """Passes on what becomes of the one turn."""

    def answered(self, turn: Turn, answer: Answer) -> None:
        turn.answered(answer)

    def ended(self, begun: list[Turn], unread: list[Turn], why: HostEndedError) -> None:
        for turn in (*begun, *unread):
            turn.failed(why)
