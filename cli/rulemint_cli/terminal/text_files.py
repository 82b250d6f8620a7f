"""Read and write text files that people name. An error names the file, what is wrong with it, and what to do."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from rulemint_cli.terminal.errors import CommandError, UsageError

MOST_BYTES = 64 * 1024 * 1024


def read_bytes(file: Path, *, most_bytes: int = MOST_BYTES, otherwise: str = "name a smaller file") -> bytes:
    """Return the content of *file*, without the byte order mark that editors on Windows put before a text.

    Raises:
        UsageError: it cannot be read, or is larger than *most_bytes*; *otherwise* says what to do about that.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(most_bytes + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if len(data) > most_bytes:
        raise UsageError(f"{file} is larger than {most_bytes} bytes: {otherwise}")
    return data.removeprefix(codecs.BOM_UTF8)


def read_text(file: Path, *, most_bytes: int = MOST_BYTES, otherwise: str = "name a smaller file") -> str:
    """Return the text in *file* with the line ends that it has.

    Raises:
        UsageError: as `read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(file, most_bytes=most_bytes, otherwise=otherwise).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {file}: it is not UTF-8 from byte {error.start} on: save it as UTF-8") from error


def write_text(file: Path, text: str, *, option: str) -> None:
    """Write *text* to *file*, which *option* names, with the line ends that it has.

    Raises:
        CommandError: the file cannot be written.
    """
    try:
        file.write_bytes(text.encode())
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}; name another file with {option}") from error


def check_can_be_written(file: Path, *, option: str) -> None:
    """Refuse a *file* that cannot be written, before long work whose result it is for.

    Raises:
        UsageError: it is a folder, or its folder is missing or takes no files. *option* names the file.
    """
    if file.is_dir():
        raise UsageError(f"{option} {file} is a folder: name a file in it")
    if not file.parent.is_dir():
        raise UsageError(f"the folder {file.parent} is missing: make it, or name another file with {option}")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"cannot write {file}: name another file with {option}")
