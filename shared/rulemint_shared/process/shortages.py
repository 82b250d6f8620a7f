"""Name what a process has run out of, and the limit that says so: one line, not one for each request.

Descriptors, processes, memory and room on disks run out anywhere, and all at once. A request that fails because of it
is answered with 503. Here is the line that helps the operator.
"""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections.abc import Iterator
from typing import NamedTuple

import structlog

from rulemint_shared.deadline import Deadline

log = structlog.get_logger(__name__)

LOGGED_EACH_S = 10.0
LOOK_INTERVAL_S = 1.0
_DEEPEST = 10
_NO_THREAD = "can't start new thread"
"""Python's own words, in a `RuntimeError`."""


class Shortage(NamedTuple):
    """Something is used up."""

    event: str
    limit: str
    """The limit that says so, with its value if this process knows it."""
    advice: str


def shortage_of(error: BaseException, *, starting: bool = False) -> Shortage | None:
    """Name what is used up, if *error* or its cause says so; *starting*: it came of starting a process."""
    for each in _causes(error):
        if isinstance(each, MemoryError):
            return _of(errno.ENOMEM)
        if isinstance(each, RuntimeError) and str(each) == _NO_THREAD:
            return _of(errno.EAGAIN)
        if isinstance(each, OSError) and (starting or each.errno != errno.EAGAIN):  # else it is a socket that is full
            shortage = _of(each.errno, str(each.filename or ""))
            if shortage is not None:
                return shortage
    return None


def note_shortage(error: BaseException, *, starting: bool = False) -> Shortage | None:
    """As `shortage_of`; what is used up is in the log, once in ten seconds."""
    shortage = shortage_of(error, starting=starting)
    if shortage is not None and _last.is_due(shortage):
        log.error(shortage.event, limit=shortage.limit, advice=shortage.advice)
    return shortage


async def watch_descriptors() -> None:
    """Say so when no descriptor is left, until cancelled: nobody says it of connections that cannot be accepted."""
    while True:
        try:
            os.close(os.open("/", os.O_PATH | os.O_CLOEXEC))
        except OSError as error:
            note_shortage(error)
        await asyncio.sleep(LOOK_INTERVAL_S)


class _LastLogged:
    """The times at which each shortage was logged."""

    def __init__(self) -> None:
        self._next: dict[str, Deadline] = {}

    def is_due(self, shortage: Shortage) -> bool:
        before = self._next.get(shortage.event)
        if before is not None and not before.passed():
            return False
        self._next[shortage.event] = Deadline.after(LOGGED_EACH_S)
        return True


_last = _LastLogged()
"""Of this process."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_DEEPEST):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _of(number: int | None, place: str = "") -> Shortage | None:
    match number:
        case errno.EMFILE:
            return Shortage(
                "no file descriptor is left",
                f"RLIMIT_NOFILE is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}",
                "raise it (ulimit -n, LimitNOFILE=, docker --ulimit nofile=), or lower a runner's RULEMINT_MAX_HOSTS "
                "or a gateway's RULEMINT_MAX_CONNECTIONS",
            )
        case errno.ENFILE:
            return Shortage(
                "no file descriptor is left on the whole machine", "the kernel's fs.file-max", "raise it with sysctl"
            )
        case errno.EAGAIN:
            return Shortage(
                "no process or thread can be started",
                f"RLIMIT_NPROC is {_processes()}, or pids.max of a control group",
                "raise it (ulimit -u, TasksMax=, docker --pids-limit), or lower a runner's RULEMINT_MAX_HOSTS",
            )
        case errno.ENOMEM:
            return Shortage(
                "this machine gives no more memory",
                "memory.max of a control group, or the machine's memory",
                "raise it, or lower a runner's RULEMINT_MAX_HOSTS and RULEMINT_HOSTS_MEMORY_MB",
            )
        case errno.ENOSPC | errno.EDQUOT:
            return Shortage(
                "a disk has no room left",
                f"the file system of {place or 'a folder of this process'}",
                "free some room, or have a runner install packages elsewhere (RULEMINT_INSTALL_FOLDER)",
            )
        case _:
            return None


def _processes() -> str:
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return "unlimited" if limit == resource.RLIM_INFINITY else str(limit)
