"""The texts and files of a registry that an installer can ask for: texts by name, and files that were listed before."""

from __future__ import annotations

from typing import Protocol

import msgspec
from yarl import URL

from rulemint_runner.packages.installing.upstream import Upstream

MAX_INDEX_BYTES = 64 * 1024 * 1024
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that the installer gets."""

    content_type: str
    body: bytes


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a registry has, and that the installer may ask for."""

    url: URL
    package: str
    """Its name and version, for people."""


class Shelf(Protocol):
    """One registry, as its installer is shown it."""

    async def answer(self, path: str) -> Given | None:
        """Return what is at *path* below the gate; None if nothing is.

        Raises:
            InstallError: it is refused, and the whole installation fails.
            NoAnswerError: the registry has it not, or does not answer.
        """


class Files:
    """The files that were listed, each with a number that the installer names it by."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._listed: dict[str, Listed] = {}

    def add(self, listed: Listed, file_name: str) -> str:
        """The path for *listed*, below the gate."""
        path = f"files/{len(self._listed)}/{file_name}"
        self._listed[path] = listed
        return path

    def find(self, path: str) -> Listed | None:
        """Find the file at *path*."""
        return self._listed.get(path)

    def named(self) -> dict[str, str]:
        """Each path, and the URL that it stands for."""
        return {path: str(listed.url.with_user(None)) for path, listed in self._listed.items()}

    async def fetch(self, listed: Listed) -> bytes:
        """The archive *listed*."""
        found = await self._upstream.get(
            listed.url,
            accept=None,
            most=MAX_ARCHIVE_BYTES,
            too_large=f"{listed.package}: its archive has more than {MAX_ARCHIVE_BYTES // 1024**2} MiB",
        )
        return found.body
