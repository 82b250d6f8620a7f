"""Bound the room of an installation: counted before anything is unpacked, and measured while it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.messages import InstallTerms

MIB = 1024 * 1024


class Room:
    """The folder of one installation, and what of it is taken."""

    def __init__(self, folder: Path, terms: InstallTerms) -> None:
        self._folder = folder
        self._terms = terms
        self._bytes = 0
        self._files = 0

    @property
    def max_bytes(self) -> int:
        """All that there may be."""
        return self._terms.folder_mib * MIB

    @property
    def max_files(self) -> int:
        """Calculate how many files and folders there may be."""
        return self._terms.files

    def take(self, size: int, files: int = 1) -> None:
        """Count what an archive will unpack to.

        Raises:
            InstallError: there is no room for it.
        """
        self._bytes += size
        self._files += files
        self._check(self._bytes, self._files)

    def measure(self) -> None:
        """Look at all that is there.

        Raises:
            InstallError: it is too much.
        """
        size = files = 0
        seen: set[int] = set()
        for entry in _entries(self._folder):
            files += 1
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # it has just been removed
            if found.st_ino not in seen:  # a file with several names takes its room once
                seen.add(found.st_ino)
                size += max(found.st_blocks * 512, 0 if entry.is_dir(follow_symlinks=False) else found.st_size)
            self._check(size, files)

    def _check(self, size: int, files: int) -> None:
        if size > self.max_bytes:
            raise InstallError(
                f"the packages unpack to more than {self._terms.folder_mib} MiB, which is what an installation may "
                "have here (RULEMINT_INSTALL_MB): use smaller packages, or ask your operator"
            )
        if files > self.max_files:
            raise InstallError(
                f"the packages have more than {self.max_files} files, which is what an installation may have here "
                "(RULEMINT_INSTALL_FILES): use smaller packages, or ask your operator"
            )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue  # it has just been removed
