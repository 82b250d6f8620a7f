"""What a tree of processes takes of the machine, from the kernel's own accounts (proc(5))."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from bench.system import KINDS, family

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_USER_TICKS, _SYSTEM_TICKS = 11, 12
"""Their places among the fields that follow the name in ``/proc/<pid>/stat``."""
OTHER = "server"


def processor_us(root: int) -> Counter[str]:
    """Kind of process → processor time that those of *root*'s tree have used so far, in microseconds."""
    used: Counter[str] = Counter()
    for pid in family(root):
        with suppress(OSError, IndexError):  # it has just ended
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks = int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
            used[_kind_of(pid)] += ticks * 1_000_000 // _TICKS_PER_S
    return used


def unique_kib(root: int) -> Counter[str]:
    """Kind of process → memory that only processes of *root*'s tree have, in KiB (the unique set size)."""
    held: Counter[str] = Counter()
    for pid in family(root):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            held[_kind_of(pid)] += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return held


def _kind_of(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    return next((kind for mark, kind in KINDS.items() if mark in command), OTHER)
