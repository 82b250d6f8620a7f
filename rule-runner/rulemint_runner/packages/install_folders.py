"""Make a folder for each installation. It is gone when the installation ends, also when its runner was killed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_PREFIX = "rulemint-install-"
_TRIES, _PAUSE_S = 100, 0.02
"""A process that was killed may be writing for a moment more."""


class InstallFolders:
    """The folders of installations, in one place."""

    def __init__(self, within: str | None) -> None:
        """*within*: where they are; None: where this system keeps what is temporary."""
        self._within = None if within is None else Path(within)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Path]:
        """A new folder, for as long as it is needed.

        Raises:
            OSError: there is no place for it.
        """
        folder, lock = await asyncio.to_thread(self._make)
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(_remove, folder))
            os.close(lock)

    def remove_what_is_left(self) -> None:
        """Remove the folders of runners that were killed: nobody holds their locks."""
        for folder in self._place().glob(f"{_PREFIX}*"):
            with suppress(OSError):  # somebody's installation, or somebody else's folder
                lock = _locked(folder)
                _remove(folder)
                os.close(lock)

    def _make(self) -> tuple[Path, int]:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._place()))
        try:
            return folder, _locked(folder)
        except OSError:
            folder.rmdir()
            raise

    def _place(self) -> Path:
        return self._within or Path(tempfile.gettempdir())


def _locked(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(folder: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)
