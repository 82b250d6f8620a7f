"""The watch over running hosts: too much memory ends one, and one that computes for long lets the others go first.

The kernel's limits come first; this is the net under them, and what keeps loops from slowing other tenants.
"""

from __future__ import annotations

import asyncio

from rulemint_runner.hosts.host import Host
from rulemint_shared.messages import FailureReason

INTERVAL_S = 0.05
LONG_COMPUTATION_S = 0.1
"""Processor time of one invocation after which it no longer competes with the others."""


class Watch:
    """Looks at the hosts that run, twenty times a second."""

    def __init__(self) -> None:
        self._running: dict[Host, float | None] = {}
        """Host → processor time it had used when it was first seen running."""

    def begin(self, host: Host) -> None:
        """*host* runs an invocation."""
        self._running[host] = None

    def end(self, host: Host) -> None:
        """*host* has answered, or ended."""
        self._running.pop(host, None)

    async def look(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            for host, used_s in list(self._running.items()):
                self._look_at(host, used_s)

    def _look_at(self, host: Host, used_s: float | None) -> None:
        if host.private_bytes() > host.max_private_bytes:
            limit_mb = host.max_private_bytes // (1024 * 1024)
            host.kill(FailureReason.OUT_OF_MEMORY, f"the rule took more than {limit_mb} MiB of memory")
        elif used_s is None:
            self._running[host] = host.processor_s()
        elif not host.yielded and host.processor_s() - used_s > LONG_COMPUTATION_S:
            host.yield_processor()
