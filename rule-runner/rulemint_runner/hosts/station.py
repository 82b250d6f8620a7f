"""One authority's hosts and waiting invocations, and whether more hosts would help them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Host, HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.pause import Caller
from rulemint_runner.hosts.rest import Rest
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import FailureReason

QUICK_MS = 5.0
"""A rule that takes less computes rather than waits: more of its hosts than processors get in each other's way."""
LONG_S = 0.1
"""One invocation under way for so long says that the rule is not quick, before any answer does."""
SLOW_S = 0.02
"""And for so long, that whoever waits behind it should not have to."""
LATE_START_S = 1.0
"""A host that takes longer to start and load may hang: another is worth its start."""
_WEIGHT = 0.1
"""Of the newest invocation in what is usual."""


class MakeHost(Protocol):
    """Starts and loads a host; raises `HostEndedError` or `RuleNotLoadedError`."""

    def __call__(self, *, priority: Priority) -> Awaitable[Host]:
        """It competes for the processor with *priority*, from its start."""


@dataclass
class IdleHost:
    """A host that waits for an invocation."""

    host: Host
    until: Deadline
    rest: Rest


@dataclass(eq=False)
class Waiter:
    """An invocation that waits for a host."""

    future: asyncio.Future[Host]
    make_host: MakeHost
    caller: Caller


@dataclass
class Station:
    """The state of one authority in the pool."""

    authority: Authority
    idle: list[IdleHost] = field(default_factory=list)
    """The most recently used last."""
    waiting: deque[Waiter] = field(default_factory=deque)
    hosts: int = 0
    """All of them: idle, running and starting."""
    starts: dict[Waiter, Deadline] = field(default_factory=dict)
    """The starts under way: for whom each was begun → when it is late."""
    growing: asyncio.TimerHandle | None = None
    _began_s: dict[Host, float] = field(default_factory=dict)
    """Running host → when it was given its invocation, the oldest first."""
    _usual_ms: float = 0.0
    _has_answered: bool = False

    @property
    def start_is_late(self) -> bool:
        """Whether all that start take so long that they may hang."""
        return bool(self.starts) and all(late.passed() for late in self.starts.values())

    def next_to_start_for(self) -> Waiter | None:
        """The first that waits and for which no host starts: nobody costs two starts at once."""
        return next((waiter for waiter in self.waiting if waiter not in self.starts), None)

    def begin_start(self, waiter: Waiter) -> None:
        """A host starts for *waiter*, or whoever is first by then."""
        self.starts[waiter] = Deadline.after(LATE_START_S)
        self.hosts += 1

    def fail(self, waiter: Waiter, error: HostEndedError | RuleNotLoadedError) -> None:
        """The start for *waiter* came to nothing, and is not among the hosts any more.

        A text that cannot be run is everybody's. Else the others wait for the hosts that there still are; where there
        is none, they hear that none could be had, and may try again.
        """
        if isinstance(error, RuleNotLoadedError):
            self._fail_all(error)
            return
        if waiter in self.waiting:
            self.waiting.remove(waiter)
            _fail(waiter, error)
        if self.hosts == 0:
            self._fail_all(HostEndedError(FailureReason.OVERLOADED, f"no host could be had: {error.detail}"))

    def _fail_all(self, error: HostEndedError | RuleNotLoadedError) -> None:
        while self.waiting:
            _fail(self.waiting.popleft(), error)

    def begin(self, host: Host) -> None:
        """*host* runs an invocation."""
        self._began_s[host] = asyncio.get_running_loop().time()

    def end(self, host: Host) -> None:
        """It has answered, or ended."""
        del self._began_s[host]

    def learn(self, host: Host) -> None:
        """*host* is idle again, and has said how long it took."""
        self._usual_ms += _WEIGHT * (host.took_ms - self._usual_ms)
        self._has_answered = True

    def is_quick(self) -> bool:
        """Whether its rule answers at once, as far as is known."""
        return self._usual_ms < QUICK_MS and self._under_way_s() <= LONG_S

    def is_crowded(self) -> bool:
        """Whether another host would help those who wait.

        A host that runs a quick rule takes the next one before another has started; one that has answered and is not
        idle yet may take its time.
        """
        if self._has_answered and self.is_quick() and self._under_way_s() <= SLOW_S:
            return len(self.waiting) > len(self._began_s)
        return bool(self.waiting)

    def _under_way_s(self) -> float:
        """For how long the oldest invocation has been running."""
        oldest_s = next(iter(self._began_s.values()), None)
        return 0.0 if oldest_s is None else asyncio.get_running_loop().time() - oldest_s


def _fail(waiter: Waiter, error: HostEndedError | RuleNotLoadedError) -> None:
    if not waiter.future.done():
        waiter.future.set_exception(error)
