"""The bounds of a pool of hosts, and the source of its hosts."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.pool.idle_stop import STOPPED_AFTER_S
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.sandbox.priority import Priority


class PoolLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of the pool: how many hosts, how much memory, and how long one may live."""

    max_hosts: int
    max_hosts_per_rule: int
    quick_hosts_per_rule: int = 2
    """Of a rule that computes rather than waits."""
    max_memory_bytes: int
    idle_s: float
    stopped_after_s: float = STOPPED_AFTER_S
    """A host that is idle for so long is stopped, until somebody wants it or its time is over."""
    retirement: Retirement = Retirement()


class BlankHost(Protocol):
    """The source of hosts."""

    def __call__(self, program: HostProgram, /, *, priority: Priority) -> Awaitable[Host]:
        """A host that executes *program*, and competes for the processor with *priority* from its start.

        Raises:
            HostEndedError: none could be started.
        """
