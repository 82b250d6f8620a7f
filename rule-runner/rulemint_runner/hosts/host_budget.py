"""Decide how many hosts there may be and what they may use together: as set, or as the machine has room."""

from __future__ import annotations

import msgspec

from rulemint_runner.hosts.machine import Machine

HOST_MIB = 16
"""Memory of a warm host, and a little more."""
MOST_HOSTS = 512
"""Unless more were set: each has ten threads, and systemd gives a service about 4,900."""
FILES_PER_HOST, SPARE_FILES = 8, 512
"""Files that the runner itself has open: for each host, and for everything else."""
THREADS_PER_HOST, SPARE_THREADS = 64, 1_024
"""Deno starts about ten. The others are for spares and hosts that are being started or checked."""


class HostBudget(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of all hosts of a runner together."""

    hosts: int
    memory_mib: int
    """Beyond it, idle hosts make room."""
    group_memory_mib: int
    """Beyond it, the kernel ends one, where it lets us have a control group."""

    @property
    def threads(self) -> int:
        """Those of all hosts."""
        return self.hosts * THREADS_PER_HOST + SPARE_THREADS

    @property
    def open_files(self) -> int:
        """Those of the runner."""
        return self.hosts * FILES_PER_HOST + SPARE_FILES


def host_budget(machine: Machine, *, hosts: int | None = None, memory_mib: int | None = None) -> HostBudget:
    """The budget on *machine*: *hosts* and *memory_mib* if given, else half of its memory and as many as that holds."""
    memory_mib = memory_mib or max(64, machine.memory_mib // 2)
    room = min(memory_mib // HOST_MIB, (machine.open_files - SPARE_FILES) // FILES_PER_HOST, MOST_HOSTS)
    return HostBudget(
        hosts=hosts or max(4, room),
        memory_mib=memory_mib,
        group_memory_mib=max(memory_mib, min(2 * memory_mib, machine.memory_mib * 9 // 10)),
    )
