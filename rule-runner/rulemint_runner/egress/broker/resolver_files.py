"""Start the broker anew when the system's resolver was configured anew.

It may read the files that were there when it was contained. A file that is replaced, as network managers do, is another
one, which it may not read; it may still see that there is another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rulemint_shared.deadline import Deadline

RESOLVER_FILES = (Path("/etc/resolv.conf"), Path("/etc/hosts"), Path("/etc/nsswitch.conf"))
LOOK_EVERY_S = 1.0
IDLE_WITHIN_S = 10.0
"""The time to wait for a moment without a call under way."""


class ResolverFiles:
    """The files as they are when this is made, which must be before the broker is contained."""

    def __init__(self, files: tuple[Path, ...] = RESOLVER_FILES) -> None:
        self._files = files
        self._first = _identities(files)

    async def wait_until_replaced(self, is_idle: Callable[[], bool]) -> None:
        """Return once one of them is another one, at a moment that suits."""
        while _identities(self._files) == self._first:  # noqa: ASYNC110  # a contained process is told of nothing
            await asyncio.sleep(LOOK_EVERY_S)
        give_up = Deadline.after(IDLE_WITHIN_S)
        while not is_idle() and not give_up.passed():  # noqa: ASYNC110  # calls end all the time; this is done once
            await asyncio.sleep(0.01)


def _identities(files: tuple[Path, ...]) -> list[tuple[int, int] | None]:
    return [_identity(file) for file in files]


def _identity(file: Path) -> tuple[int, int] | None:
    """Identify the file that *file* is, links followed; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
