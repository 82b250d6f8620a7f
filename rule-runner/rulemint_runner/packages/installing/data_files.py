"""The data files of npm's packages that read files of their own: small ones travel with the code."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

MAX_DATA_FILE_BYTES = 1024 * 1024
MAX_DATA_BYTES = 4 * 1024 * 1024
MAX_DATA_FILES = 1_000
_READS = re.compile(r"\b(?:readFile|readdir|createReadStream|existsSync|statSync|accessSync)")
_ITS_OWN = re.compile(r"\b__(?:dir|file)name\b|\bimport\.meta\b|\brequire\.resolve\b")
_CODE = frozenset({".cjs", ".cts", ".flow", ".js", ".jsx", ".mjs", ".mts", ".node", ".ts", ".tsx", ".wasm"})
_FOR_PEOPLE = frozenset({".lock", ".map", ".markdown", ".md"})
_NO_FOLDERS = frozenset({"__tests__", "docs", "example", "examples", "node_modules", "test", "tests"})


def reads_its_own(text: str) -> bool:
    """Tell whether the code *text* may read files of the package that it is in."""
    return _READS.search(text) is not None and _ITS_OWN.search(text) is not None


def data_files(packages: Iterable[Path], *, room: int) -> Iterator[tuple[Path, bytes]]:
    """The data files in the folders *packages*, with their contents: the smallest first, as far as there is room."""
    left = min(room, MAX_DATA_BYTES)
    found = sorted((size, file) for package in packages for file, size in _regular_files(package))
    for size, file in found[:MAX_DATA_FILES]:
        left -= size
        if left < 0:
            return
        yield file, file.read_bytes()


def _regular_files(package: Path) -> Iterator[tuple[Path, int]]:
    for folder, folders, names in os.walk(package):
        folders[:] = [name for name in folders if name not in _NO_FOLDERS and not name.startswith(".")]
        for name in names:
            file = Path(folder, name)
            found = file.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_size <= MAX_DATA_FILE_BYTES and _is_data(file):
                yield file, found.st_size


def _is_data(file: Path) -> bool:
    return file.suffix.lower() not in _CODE | _FOR_PEOPLE and not file.name.startswith(".")
