"""What trees of processes take of the machine, from the kernel's own accounts (proc(5))."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench.system import KINDS, family

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_CHILDRENS_USER, _CHILDRENS_SYSTEM = 13, 14
"""Their places among the fields that follow the name in ``/proc/<pid>/stat``; in ticks, of 10 ms on most machines."""
OTHER = "server"


def processor_us(roots: Iterable[int]) -> Counter[str]:
    """Kind of process → processor time that those of the *roots*' trees have used so far, in microseconds.

    What a process took that has ended counts where its parent waited for it: a host's as the hosts'.
    """
    used: Counter[str] = Counter()
    for pid in _members(roots):
        with suppress(OSError, IndexError):  # it has just ended
            kind = _kind_of(pid)
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used[kind] += time.clock_gettime_ns(_clock_of(pid)) // 1_000
            used["hosts" if kind == "spawner" else kind] += _us(fields[_CHILDRENS_USER], fields[_CHILDRENS_SYSTEM])
    return used


def unique_kib(roots: Iterable[int]) -> Counter[str]:
    """Kind of process → memory that only one process of the *roots*' trees has, in KiB (the unique set size)."""
    held: Counter[str] = Counter()
    for pid in _members(roots):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            held[_kind_of(pid)] += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return held


def counted(roots: Iterable[int]) -> Counter[str]:
    """Kind of process → how many there are."""
    kinds: Counter[str] = Counter()
    for pid in _members(roots):
        with suppress(OSError):
            kinds[_kind_of(pid)] += 1
    return kinds


def switches(roots: Iterable[int]) -> Counter[str]:
    """Kind of process → how often its threads, those that live, have given up their processor to wait."""
    given: Counter[str] = Counter()
    for pid in _members(roots):
        with suppress(OSError):
            for status in Path(f"/proc/{pid}/task").glob("*/status"):
                lines = status.read_text().splitlines()
                given[_kind_of(pid)] += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_"))
    return given


def _members(roots: Iterable[int]) -> set[int]:
    return set().union(*(family(root) for root in roots))


def _clock_of(pid: int) -> int:
    """The processor-time clock of process *pid*, as clock_getcpuclockid(3) has it: finer than ticks."""
    return (~pid << 3) | 2


def _us(*ticks: str) -> int:
    return sum(map(int, ticks)) * 1_000_000 // _TICKS_PER_S


def _kind_of(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    return next((kind for mark, kind in KINDS.items() if mark in command), OTHER)
