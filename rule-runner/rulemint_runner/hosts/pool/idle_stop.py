"""Stop idle hosts, so that what a rule left behind in one does not compute unseen.

Theory of operation. An idle host blocks in a read. As long as its account of processor time stands still, there is
nothing to stop. So the accounts are looked at. That is often just after a host became idle, because a rule that leaves
something behind does so then, and several times a second after that. A host whose account has grown is stopped at once.
The others are stopped once nobody has wanted them for long, so that nobody has to look at them any more.

A signal wakes every thread of a process, twice for each stop. A tenant that asks once a second would pay for both with
each of its invocations; a look at an account costs a microsecond, and one timer serves all hosts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

OFTEN_S = 0.04
"""Between two looks at hosts that became idle a moment ago."""
OFTEN_FOR_S = 0.2
SELDOM_S = 0.2
"""Between two looks at the others."""
STOPPED_AFTER_S = 10.0
"""Of idleness a host is stopped in any case."""
ALLOWED_S = 0.002
"""So much may a host compute while it is idle: its engine cleans up."""


class Sleeper(Protocol):
    """A process that may be stopped."""

    def clock_s(self) -> float:
        """Read the clock of the processor time that it has used."""

    def pause(self) -> None:
        """Stop it."""


@dataclass(slots=True)
class _Account:
    """The state of one idle host."""

    since_s: float
    look_at_s: float
    had_s: float | None = None
    """The processor time that it had used at the first look."""


class IdleStop:
    """Stops idle hosts."""

    def __init__(self, *, stopped_after_s: float = STOPPED_AFTER_S) -> None:
        self._stopped_after_s = stopped_after_s
        self._idle: dict[Sleeper, _Account] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, host: Sleeper) -> None:
        """*host* is idle."""
        now_s = monotonic()
        self._idle[host] = _Account(now_s, now_s + OFTEN_S)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(OFTEN_S, self._look)

    def end(self, host: Sleeper) -> None:
        """It is wanted, or gone."""
        self._idle.pop(host, None)

    def _look(self) -> None:
        now_s = monotonic()
        due = [(host, account) for host, account in self._idle.items() if account.look_at_s <= now_s]
        for host, account in due:
            if self._is_to_stop(host, account, now_s):
                del self._idle[host]
                host.pause()
        self._timer = asyncio.get_running_loop().call_later(OFTEN_S, self._look) if self._idle else None

    def _is_to_stop(self, host: Sleeper, account: _Account, now_s: float) -> bool:
        used_s = host.clock_s()
        if account.had_s is None:
            account.had_s = used_s
        idle_s = now_s - account.since_s
        account.look_at_s = now_s + (OFTEN_S if idle_s < OFTEN_FOR_S else SELDOM_S)
        return used_s - account.had_s > ALLOWED_S or idle_s >= self._stopped_after_s
