"""One authority's hosts and waiting invocations, and whether more hosts would help them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.turn import Turn
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Isolation
from rulemint_shared.deadline import Deadline

QUICK_MS = 5.0
"""A rule that takes less computes rather than waits: more of its hosts than processors get in each other's way."""
LONG_S = 0.1
"""One invocation under way for so long says that the rule is not quick, before any answer does."""
SLOW_S = 0.02
"""And for so long, that no invocation should have to wait behind it."""
LATE_START_S = 1.0
"""A host that takes longer to start and load may hang: another is worth its start."""
MAX_WINDOW = 16
"""So many invocations at most are in one host's socket, the one that runs among them."""
WORTH_MS = 2.0
"""So much work at most: an invocation that waits behind more is better off with another host."""
OFTEN = 0.05
"""A rule of which a larger part of invocations ask for something waits rather than computes."""
_WEIGHT = 0.1
"""Of the newest invocation in what is usual."""


class AtWork(Protocol):
    """A host that has something to do."""

    host: Host

    def fill(self) -> None:
        """Send it what waits, as far as there is room."""


@dataclass
class IdleHost:
    """A host that waits for an invocation."""

    host: Host
    until: Deadline


@dataclass
class RuleQueue:
    """The state of one authority in the pool."""

    authority: Authority
    idle: list[IdleHost] = field(default_factory=list)
    """The most recently used last."""
    waiting: deque[Turn] = field(default_factory=deque)
    """For a host, the first in line first."""
    sessions: set[AtWork] = field(default_factory=set)
    """Those of its hosts that have something to do."""
    hosts: int = 0
    """All of them: idle, running and starting."""
    starts: dict[Turn, Deadline] = field(default_factory=dict)
    """The starts under way: the turn for which each was begun → when it is late."""
    serving: asyncio.Handle | None = None
    """Hosts are soon sent what waits."""
    growing: asyncio.TimerHandle | None = None
    expiring: asyncio.TimerHandle | None = None
    expires_s: float = 0.0
    """The time at which the first that waits may have waited for too long."""
    _began_s: dict[Host, float] = field(default_factory=dict)
    """Computing host → when it was given its invocation, the oldest first."""
    _asking: set[Host] = field(default_factory=set)
    """Hosts whose invocation has asked for something."""
    _usual_ms: float = 0.0
    """Of those that ask for nothing."""
    _asking_part: float = 0.0
    """Of all invocations."""
    _has_answered: bool = False

    @property
    def start_is_late(self) -> bool:
        """Tell whether all that start take so long that they may hang."""
        return bool(self.starts) and all(late.passed() for late in self.starts.values())

    def next_to_start_for(self) -> Turn | None:
        """The first that waits and for which no host starts: nobody costs two starts at once."""
        return next((turn for turn in self.waiting if turn not in self.starts), None)

    def begin_start(self, turn: Turn) -> None:
        """A host starts for *turn*, or whichever is first by then."""
        self.starts[turn] = Deadline.after(LATE_START_S)
        self.hosts += 1

    def fail(self, turn: Turn, error: HostEndedError | RuleNotLoadedError) -> None:
        """The start for *turn* came to nothing, and is not among the hosts any more.

        A text that cannot be run is everybody's. Else the others wait for the hosts that there still are. Where there
        is none, they hear that the rule takes too much memory, or that no host could be had and they may try again.
        """
        if isinstance(error, RuleNotLoadedError):
            self.fail_all(error)
            return
        if turn in self.waiting:
            self.waiting.remove(turn)
            turn.fail(error)
        if self.hosts == 0:
            is_everybodys = error.reason is FailureReason.OUT_OF_MEMORY
            detail = error.detail if is_everybodys else f"no host could be had: {error.detail}"
            self.fail_all(HostEndedError(error.reason if is_everybodys else FailureReason.OVERLOADED, detail))

    def fail_all(self, error: HostEndedError | RuleNotLoadedError) -> None:
        """Everybody who waits has waited in vain."""
        while self.waiting:
            self.waiting.popleft().fail(error)

    def begin(self, host: Host) -> None:
        """*host* runs an invocation."""
        self._began_s[host] = monotonic()

    def end(self, host: Host) -> None:
        """It has answered, or ended."""
        self._began_s.pop(host, None)

    def ask(self, host: Host) -> None:
        """Its invocation has asked for something, and waits for that."""
        self._began_s.pop(host, None)
        self._asking.add(host)
        self._asking_part += _WEIGHT * (1.0 - self._asking_part)

    def learn(self, host: Host, took_ms: float) -> None:
        """*host* is idle again, and has said how long it took."""
        self._has_answered = True
        if host in self._asking:
            self._asking.discard(host)
        else:
            self._usual_ms += _WEIGHT * (took_ms - self._usual_ms)
            self._asking_part -= _WEIGHT * self._asking_part

    def forget(self, host: Host) -> None:
        """*host* is gone."""
        self._began_s.pop(host, None)
        self._asking.discard(host)

    def window(self) -> int:
        """Calculate how many invocations a host is sent at a time: as many as are soon done."""
        if not self._has_answered or self.authority.isolation is Isolation.FRESH or not self.is_quick():
            return 1
        return int(min(MAX_WINDOW, max(1.0, WORTH_MS / max(self._usual_ms, WORTH_MS / MAX_WINDOW))))

    def is_quick(self) -> bool:
        """Tell whether its rule answers at once, as far as is known."""
        return self._usual_ms < QUICK_MS and self._asking_part < OFTEN and self._under_way_s() <= LONG_S

    def cap(self, *, most: int, quick: int) -> int:
        """Calculate how many hosts its rule is worth, *most* or, if it computes, *quick* and one for each that asks."""
        return min(most, quick + len(self._asking)) if self.is_quick() and not self.starts else most

    def is_crowded(self) -> bool:
        """Tell whether another host would help those who wait.

        A host that runs a quick rule takes the next ones before another has started; one that has answered and is not
        idle yet may take its time.
        """
        if self._has_answered and self.is_quick() and self._under_way_s() <= SLOW_S:
            return len(self.waiting) > self.window() * len(self._began_s)
        return bool(self.waiting)

    def _under_way_s(self) -> float:
        """For how long the oldest of those that compute has been running."""
        oldest_s = next(iter(self._began_s.values()), None)
        return 0.0 if oldest_s is None else monotonic() - oldest_s
