"""A host at work: sends it what waits for its authority, and tells of the end of each turn.

Theory of operation. A session begins when a host is given its first invocation and ends when it has nothing to do, or
is gone. It sends as many as are soon done (`RuleQueue.window`): of a rule that computes for a moment up to sixteen, of
one that waits for something one. Nothing is put behind an invocation that runs for longer, nor behind one whose caller
has ended a host lately. Each answer is handled where it arrives. Counts by invocation (the watch over processor and
memory, the circuit breaker, how busy a rule queue is) go from one answer to the next.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol

from rulemint_runner.hosts.circuit_breaker import CircuitBreaker
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pause import Failure
from rulemint_runner.hosts.pipe_user import NOBODY, User
from rulemint_runner.hosts.pool.rule_queue import WORTH_MS, RuleQueue
from rulemint_runner.hosts.pool.watch import Watch
from rulemint_runner.hosts.turn import Answer, Turn
from rulemint_runner.hosts.wire.frames import Idle
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Isolation

COMPUTED_PART = 0.05
"""A rule that computed for more of its time did not wait for anything."""


class Keeper(Protocol):
    """The owner of hosts at work."""

    def has_nothing_to_do(self, session: Session) -> None:
        """The host of *session* is idle, and nobody waits for it."""

    def is_to_retire(self, host: Host) -> bool:
        """Tell whether *host* should get nothing more to do."""

    def returned(self, queue: RuleQueue, turns: list[Turn]) -> None:
        """Another host of *queue* shall run *turns*, which are next in line."""


class Session(User):
    """One host's, over one authority's queue."""

    def __init__(self, queue: RuleQueue, host: Host, *, keeper: Keeper, breaker: CircuitBreaker, watch: Watch) -> None:
        self.queue = queue
        self.host = host
        self._authority = queue.authority
        self._keeper = keeper
        self._breaker = breaker
        self._watch = watch
        self.is_closing = False
        """Its host takes nothing more, and ends."""
        self._is_alone = False
        """Nothing is behind what it runs now."""
        self._bringing: asyncio.Task[None] | None = None
        """Looks up what goes with the next invocation."""

    def begin(self) -> None:
        """Send the host what waits."""
        self.host.pipe.user = self
        self.queue.sessions.add(self)
        self.has_room()

    def fill(self) -> None:
        """Send what waits, as far as there is room for it."""
        waiting, host = self.queue.waiting, self.host
        window = self.queue.window()
        while waiting and self._takes_more(window):
            turn = waiting.popleft()
            if not self._may_run(turn):
                continue
            is_alone = host.wants_cache or self._is_distrusted(turn)
            if len(host.pipe) and is_alone:
                waiting.appendleft(turn)
                return
            self._is_alone = is_alone
            if host.wants_cache:
                self._bringing = asyncio.get_running_loop().create_task(self._bring_and_send(turn))
            elif not host.send(turn):
                waiting.appendleft(turn)
                return

    # ---- what the pipe says ----

    def began(self, turn: Turn) -> None:
        """Watch over what it does."""
        self.queue.begin(self.host)
        self._watch.begin(self.host, distrusted=self._is_distrusted(turn))

    def answered(self, turn: Turn, answer: Answer) -> None:
        """Note the end of its rule's time: what follows is no longer the rule's."""
        self._watch.end(self.host)
        self.queue.end(self.host)
        self._breaker.worked(self._authority, turn.caller)
        if self._authority.isolation is Isolation.FRESH:
            self.is_closing = True
            why = "every invocation has a host of its own"
            asyncio.get_running_loop().call_soon(self.host.kill, FailureReason.INTERRUPTED, why)
        turn.answer(answer)

    def over(self, idle: Idle) -> None:
        """One is done."""
        self.queue.learn(self.host, idle.took_ms)
        if self._keeper.is_to_retire(self.host):
            self.is_closing = True

    def has_room(self) -> None:
        """Go on, or end."""
        if self.is_closing:
            self.host.pipe.take_back()
        else:
            self.fill()
        if not len(self.host.pipe) and self._bringing is None and self.host.usable:
            self._end()
            self._keeper.has_nothing_to_do(self)

    def asked(self) -> None:
        """It has the host to itself."""
        self.queue.ask(self.host)

    def taken_back(self, turns: list[Turn]) -> None:
        """They go elsewhere."""
        self._keeper.returned(self.queue, turns)

    def ended(self, begun: list[Turn], unread: list[Turn], why: HostEndedError) -> None:
        """Fail what had begun, and return the rest, but not for ever."""
        if unread and not begun and unread[0].was_spared:
            begun = [unread.pop(0)]
        elif unread and not begun:
            unread[0].was_spared = True
        computed_s, took_s = self._watch.computed_s(self.host), monotonic() - self.host.pipe.began_s
        self._watch.end(self.host)
        self.queue.forget(self.host)
        self._end()
        for turn in begun:
            failure = Failure(why.reason, took_s)
            pause = self._breaker.failed(self._authority, turn.caller, failure, computed_s=computed_s)
            detail = why.detail
            if why.reason is FailureReason.TIMEOUT and computed_s > COMPUTED_PART * took_s:
                detail = f"{detail}; it computed for {computed_s:.1f} s: does it loop?"
            turn.fail(HostEndedError(why.reason, detail, pause=pause))
        self._keeper.returned(self.queue, unread)

    def _end(self) -> None:
        self.host.pipe.user = NOBODY
        self.queue.sessions.discard(self)

    def _takes_more(self, window: int) -> bool:
        in_pipe = len(self.host.pipe)
        if self.is_closing or self._bringing is not None or not self.host.usable:
            return False
        if not in_pipe:
            return True
        if self._is_alone or self.host.pipe.has_asked:
            return False
        return in_pipe < window and monotonic() - self.host.pipe.began_s < WORTH_MS / 1000

    def _may_run(self, turn: Turn) -> bool:
        """Tell whether its rule has not paused since it began to wait."""
        if turn.admission is None:
            return True
        try:
            turn.admission.check_again()
        except HostEndedError as error:
            turn.fail(error)
            return False
        return True

    def _is_distrusted(self, turn: Turn) -> bool:
        return self._breaker.priority(self._authority, turn.caller) is not Priority.USUAL

    async def _bring_and_send(self, turn: Turn) -> None:
        await turn.bring_cache()
        self._bringing = None
        if self.host.usable:
            self.host.send(turn)
        else:
            self._keeper.returned(self.queue, [turn])
