"""Archives, looked through before an installer unpacks them: how much they hold, of what kind, what they ask for."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from rulemint_runner.packages.installing.references import foreign_in_npm, foreign_in_python, refusal_of, required_by
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.room import Room

MAX_METADATA_BYTES = 4 * 1024 * 1024
_MAX_EXTENDED_HEADER_BYTES = 64 * 1024
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ZIP_ENTRY = b"PK\x01\x02"
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA", re.IGNORECASE)
_MANIFEST = re.compile(r"[^/]+/package\.json")
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


def check_tarball(package: str, content: bytes, room: Room) -> None:
    """Refuse a package of npm's that is not plain files, has no room, or asks for what no registry has.

    Raises:
        InstallError: the text says why.
    """
    _read(package, lambda: _look_through_tarball(package, content, room))


def check_wheel(package: str, content: bytes, room: Room) -> set[str]:
    """Refuse a wheel that has no room, or asks for what no index has; returns the names of what it requires.

    Raises:
        InstallError: the text says why.
    """
    required: set[str] = set()
    _read(package, lambda: required.update(_look_through_wheel(package, content, room)))
    return required


def check_metadata(package: str, metadata: bytes) -> None:
    """Refuse what asks for more than names and versions.

    Raises:
        InstallError: the text says for what.
    """
    for wanted in foreign_in_python(metadata):
        raise refusal_of(package, wanted)


def check_manifest(package: str, manifest: Any) -> None:
    """The same for npm's."""
    for wanted in foreign_in_npm(manifest):
        raise refusal_of(package, wanted)


def _read(package: str, look: Callable[[], None]) -> None:
    try:
        look()
    except _UNREADABLE as error:
        raise InstallError(f"{package}: its archive cannot be read") from error


class _Member(tarfile.TarInfo):
    """A member whose extended headers, which are read at once, are bounded."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        is_file = self.type in tarfile.SUPPORTED_TYPES and self.type not in tarfile.GNU_TYPES
        if not is_file and self.size > _MAX_EXTENDED_HEADER_BYTES:
            raise tarfile.ReadError("a header is too long")
        return super()._proc_member(archive)  # type: ignore[misc]  # the one place that sees a header before it is read


def _look_through_tarball(package: str, content: bytes, room: Room) -> None:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz", tarinfo=_Member) as archive:
        for member in archive:
            room.take(member.size)
            if not (member.isreg() or member.isdir()) or member.issparse():
                raise InstallError(f"{package}: its archive has something that is neither a file nor a folder")
            if _MANIFEST.fullmatch(member.name.removeprefix("./")) and member.size <= MAX_METADATA_BYTES:
                file = archive.extractfile(member)
                check_manifest(package, _decoded(b"" if file is None else file.read()))


def _look_through_wheel(package: str, content: bytes, room: Room) -> set[str]:
    required: set[str] = set()
    if content.count(_ZIP_ENTRY) > 2 * room.max_files:
        room.take(0, room.max_files + 1)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        for entry in entries:
            room.take(entry.file_size)
            if entry.compress_type not in _COMPRESSIONS:
                raise InstallError(f"{package}: its archive is compressed in a way that wheels are not")
        if len({entry.filename for entry in entries}) != len(entries):
            raise InstallError(f"{package}: its archive has two files of one name")
        for entry in entries:
            if _METADATA.fullmatch(entry.filename):
                if entry.file_size > MAX_METADATA_BYTES:
                    raise InstallError(f"{package}: its metadata has more than {MAX_METADATA_BYTES // 1024**2} MiB")
                metadata = archive.read(entry)
                check_metadata(package, metadata)
                required.update(required_by(metadata))
    return required


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # an installer that goes by it fails; ours do not
