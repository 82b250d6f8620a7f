"""Measure what a host's process takes of the machine, from its files in ``/proc`` (proc(5)).

The files are opened while the process lives and stay bound to it: they never speak of another process that got the
same number later.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_USER_TICKS, _SYSTEM_TICKS = 11, 12
"""Their places among the fields that follow the name in ``/proc/<pid>/stat``."""
_PROCESS_CLOCK = 2
"""With a process's number it names that process's clock, as clock_getcpuclockid(3) does."""


class Usage:
    """Reads one process's memory and processor time."""

    def __init__(self, pid: int) -> None:
        """*pid* is a child that has not been reaped yet.

        Raises:
            OSError: it has, or no descriptor is left.
        """
        self._clock = (~pid << 3) | _PROCESS_CLOCK
        self._memory = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._times = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            os.close(self._memory)
            raise

    def private_bytes(self) -> int:
        """Memory that is its own: what it shares with others of its program does not count. 0 once it has ended."""
        try:
            _size, resident, shared, *_rest = os.pread(self._memory, 128, 0).split()
        except (OSError, ValueError):
            return 0
        return (int(resident) - int(shared)) * _PAGE_BYTES

    def processor_s(self) -> float:
        """Processor time that it has used, all its threads together. 0 once it has ended."""
        try:
            fields = os.pread(self._times, 1024, 0).rpartition(b")")[2].split()
            ticks = int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
        except (OSError, IndexError, ValueError):
            return 0.0
        return ticks / _TICKS_PER_S

    def is_computing(self) -> bool:
        """Tell whether its first thread computes at this moment, or would."""
        try:
            return os.pread(self._times, 1024, 0).rpartition(b")")[2].split()[:1] == [b"R"]
        except OSError:
            return False

    def clock_s(self) -> float:
        """The same, to the nanosecond and eight times as cheap. Once it has ended, the number may be another's."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._memory)
        os.close(self._times)


class ProcessorTurns:
    """Tell whether a process that wants to compute is let, from now on. Only its first thread counts."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began_s = time.monotonic()
        self._waited_before_s = self._waited_s()

    def were_denied(self) -> bool:
        """Tell whether it is stopped, or has waited for a processor for more than half of the time."""
        since_s = time.monotonic() - self._began_s
        return self._is_stopped() or self._waited_s() - self._waited_before_s > since_s / 2

    def _is_stopped(self) -> bool:
        fields = self._read("stat").rpartition(")")[2].split()
        return bool(fields) and fields[0] in {"T", "t"}

    def _waited_s(self) -> float:
        """For how long it could have run and had no processor; 0 where the kernel does not say."""
        try:
            return int(self._read("schedstat").split()[1]) / 1e9
        except (IndexError, ValueError):
            return 0.0

    def _read(self, name: str) -> str:
        try:
            return Path(f"/proc/{self._pid}/{name}").read_text()
        except OSError:
            return ""
