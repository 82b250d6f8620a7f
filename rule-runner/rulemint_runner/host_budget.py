"""How many hosts there may be and how much memory they may have: as they were set, or as the machine has room."""

from __future__ import annotations

import msgspec

from rulemint_runner.machine import Machine

HOST_MIB = 16
"""What a warm host has for itself, and a little more."""
MOST_HOSTS = 512
"""Unless more were set: each has ten threads, and systemd gives a service about 4,900."""
FILES_PER_HOST = 8
SPARE_FILES = 512
"""For everything that is no host's."""


class HostBudget(msgspec.Struct, frozen=True, kw_only=True):
    """What all hosts of a runner may have together."""

    hosts: int
    memory_mib: int
    """Beyond it, idle hosts make room."""
    group_memory_mib: int
    """Beyond it, the kernel ends one, where it lets us have a control group."""


def host_budget(machine: Machine, *, hosts: int | None = None, memory_mib: int | None = None) -> HostBudget:
    """The budget on *machine*: *hosts* and *memory_mib* if given, else half of its memory and as many as that holds."""
    memory_mib = memory_mib or max(64, machine.memory_mib // 2)
    room = min(memory_mib // HOST_MIB, (machine.open_files - SPARE_FILES) // FILES_PER_HOST, MOST_HOSTS)
    return HostBudget(
        hosts=hosts or max(4, room),
        memory_mib=memory_mib,
        group_memory_mib=max(memory_mib, min(2 * memory_mib, machine.memory_mib * 9 // 10)),
    )
