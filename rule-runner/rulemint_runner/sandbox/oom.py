"""Have the kernel kill hosts first when the machine runs out of memory (proc(5), ``oom_score_adj``)."""

from __future__ import annotations

import os

HOSTS_GO_FIRST_BY = 500
"""In thousandths of the machine's memory: a host counts as if it used half of it."""
_HIGHEST = 1_000


def be_killed_first(proc: int) -> None:
    """Offer the calling process before the runner and its neighbours; *proc* is an open ``/proc``.

    The value is only ever raised, which needs no right: where an orchestrator has set one, it may not be lowered.

    Raises:
        OSError: the kernel refuses.
    """
    descriptor = os.open("self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC, dir_fd=proc)
    try:
        inherited = int(os.read(descriptor, 16))
        os.pwrite(descriptor, str(min(inherited + HOSTS_GO_FIRST_BY, _HIGHEST)).encode(), 0)
    finally:
        os.close(descriptor)
