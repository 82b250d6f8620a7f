"""Set how long a process computes before others have their turn (sched_setattr(2)).

It is a request to the scheduler EEVDF, since Linux 6.12.

Of two that want the processor, one with a shorter turn goes first as soon as it wakes up. A host that starts computes
for long, and is nobody's hurry: it takes long turns, and the usual ones once it is ready. It is a wish: where the
kernel refuses or ignores it, all wait for each other.
"""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_SCHED_OTHER = 0
_LONG_TURN_NS = 100_000_000
"""The longest that the kernel grants."""
_USUAL_TURN_NS = 0

_libc = ctypes.CDLL(None)


class _Attributes(ctypes.Structure):
    """``struct sched_attr``, in its first version."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("turn_ns", ctypes.c_uint64),
        ("deadline_ns", ctypes.c_uint64),
        ("period_ns", ctypes.c_uint64),
    )


def take_long_turns() -> None:
    """The calling thread does, and those that it starts."""
    _ask_for(0, _LONG_TURN_NS, os.getpriority(os.PRIO_PROCESS, 0))


def give_usual_turns(pid: int) -> None:
    """All threads of another process take turns like everybody's."""
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):  # the process has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            _ask_for(int(thread.name), _USUAL_TURN_NS, niceness)


def _ask_for(thread: int, turn_ns: int, niceness: int) -> None:
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None:
        return
    wanted = _Attributes(size=ctypes.sizeof(_Attributes), policy=_SCHED_OTHER, nice=niceness, turn_ns=turn_ns)
    _libc.syscall(number, thread, ctypes.byref(wanted), 0)
