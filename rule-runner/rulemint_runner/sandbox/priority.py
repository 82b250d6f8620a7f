"""Set how a process competes for the processor. The priority only ever falls: raising it takes rights."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

NICENESS = 10
"""Of a low priority: about a tenth of what others get."""


class Priority(IntEnum):
    """The higher, the sooner."""

    IDLE = 0
    """Only where nobody else wants to run (``SCHED_IDLE``)."""
    LOW = 1
    USUAL = 2


def take_priority(priority: Priority) -> None:
    """The calling thread does, and those that it starts."""
    if priority is Priority.LOW:
        os.nice(NICENESS)
    elif priority is Priority.IDLE:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def lower_priority(pid: int, priority: Priority) -> None:
    """All threads of the process group *pid* have it from now on."""
    with suppress(OSError):  # it has just ended
        if priority is Priority.LOW:
            os.setpriority(os.PRIO_PGRP, pid, NICENESS)
        elif priority is Priority.IDLE:
            _leave_to_others(pid)


def _leave_to_others(pid: int) -> None:
    seen: set[int] = set()
    while new := {int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()} - seen:
        for thread in new:  # what they start until then begins like them, or is found in the next round
            with suppress(ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
        seen |= new
