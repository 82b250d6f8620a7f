"""The watch over running hosts: too much memory ends one, and those that compute for long take turns.

The kernel's limits come first; this is the net under them, and what keeps loops from slowing other tenants. A rule
answers within milliseconds, or waits for something; one that goes on computing is rare, or hostile. Such hosts share a
quarter of the processors among them, one after the other, and leave the rest to everybody else. A host whose turn it is
not is stopped (SIGSTOP), which works for any user and leaves no trace. One alone goes on. A rule whose last host had to
be ended starts among them: it most likely does the same again. If it does, it has what nobody else wants.
"""

from __future__ import annotations

import asyncio
import os

from rulemint_runner.hosts.errors import more_than_memory
from rulemint_runner.hosts.host import Host
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason

INTERVAL_S = 0.02
"""Between two looks, and how long a turn is."""
COMPUTATION_S = 0.02
"""Processor time of one invocation after which its host takes turns with others of its kind."""
LONG_COMPUTATION_S = 0.1
"""And after which it no longer competes with anybody, even in its turn."""
SHARE_OF_PROCESSORS = 0.25
"""The processors that they have together, if they are several."""


class Watch:
    """Looks at the hosts that run, fifty times a second."""

    def __init__(self, *, processors: int | None = None) -> None:
        """*processors*: how many there are; by default those that this process may use."""
        self._running: dict[Host, float | None] = {}
        """Host → processor time it had used when it was first seen running."""
        self._distrusted: set[Host] = set()
        self._stopped: set[Host] = set()
        self._computing: dict[Host, None] = {}
        """Those that take turns, the next one first."""
        self._turns_a_look = SHARE_OF_PROCESSORS * (processors or len(os.sched_getaffinity(0)))
        self._turns_left = 0.0

    def begin(self, host: Host, *, distrusted: bool = False) -> None:
        """*host* runs an invocation. One that is *distrusted* takes turns at once, and if it computes, stands back."""
        self._running[host] = None
        if distrusted:
            self._distrusted.add(host)
            self._computing.setdefault(host)
            host.lower_priority(Priority.LOW)

    def computed_s(self, host: Host) -> float:
        """Measure the processor time that *host* has used in its invocation, as far as anybody looked."""
        used_s = self._running.get(host)
        return 0.0 if used_s is None else host.processor_s() - used_s

    def end(self, host: Host) -> None:
        """*host* has answered, or ended."""
        self._running.pop(host, None)
        self._distrusted.discard(host)
        if host in self._computing:
            del self._computing[host]
            self._go_on(host)

    async def look(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            for host, used_s in list(self._running.items()):
                self._look_at(host, used_s)
            self._take_turns()

    def _look_at(self, host: Host, used_s: float | None) -> None:
        if host.private_bytes() > host.max_private_bytes:
            host.kill(FailureReason.OUT_OF_MEMORY, more_than_memory(host.memory_mb))
        elif used_s is None:
            self._running[host] = host.processor_s()
        else:
            self._look_how_long_it_computes(host, host.processor_s() - used_s)

    def _look_how_long_it_computes(self, host: Host, computed_s: float) -> None:
        if computed_s >= COMPUTATION_S:
            self._computing.setdefault(host)
        if computed_s > LONG_COMPUTATION_S:
            host.lower_priority(Priority.IDLE if host in self._distrusted else Priority.LOW)

    def _take_turns(self) -> None:
        """The first go on, and queue up again at the end; the others stand still. One alone disturbs nobody."""
        if len(self._computing) > 1:
            self._turns_left = min(self._turns_left, 1.0) + self._turns_a_look
        else:
            self._turns_left = 1.0
        turns = int(self._turns_left)
        self._turns_left -= turns
        for place, host in enumerate(list(self._computing)):
            if place < turns:
                self._go_on(host)
                self._computing[host] = self._computing.pop(host)
            elif host not in self._stopped:
                self._stopped.add(host)
                host.pause()

    def _go_on(self, host: Host) -> None:
        if host in self._stopped:
            self._stopped.discard(host)
            host.resume()
