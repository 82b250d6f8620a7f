"""Read what this machine gives a runner: memory, and open files."""

from __future__ import annotations

import resource
from pathlib import Path

import msgspec

from rulemint_runner.sandbox.cgroup import own_group


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a process may use."""

    memory_mib: int
    """The machine's memory, or its control group's if that has less."""
    open_files: int
    """As many as its hard limit lets it have (setrlimit(2))."""


def this_machine() -> Machine:
    """Read the bounds of this process."""
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    memory_mib = min([int(total.split()[1]) // 1024, *_group_limits_mib()])
    return Machine(memory_mib=memory_mib, open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def allow_open_files(count: int) -> None:
    """Let this process open *count* files, as far as its hard limit lets it; where it may open more, it still may."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(count, most)), most))


def _group_limits_mib() -> list[int]:
    """``memory.max`` of the own group and of those around it, as far as they have one (cgroups(7), version 2)."""
    try:
        group = own_group()
    except OSError:
        return []
    files = (folder / "memory.max" for folder in (group, *group.parents))
    limits = (file.read_text().strip() for file in files if file.exists())
    return [int(limit) // 2**20 for limit in limits if limit != "max"]
