"""Find the files that a program needs to start: its loader and its libraries, and who may reach it."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
from pathlib import Path

NOBODY = 65_534
_PT_INTERP = 3
_SOME_LIBRARY = "=>"


def loader_of(program: Path) -> Path | None:
    """The dynamic loader that *program* (an ELF file of 64 bits) names; None for a static one."""
    with program.open("rb") as file:
        header = file.read(64)
        if header[:5] != b"\x7fELF\x02":
            return None
        (table_at,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        for index in range(count):
            file.seek(table_at + index * size)
            kind, _flags, offset, _virtual, _physical, length = struct.unpack("<IIQQQQ", file.read(40))
            if kind == _PT_INTERP:
                file.seek(offset)
                return Path(file.read(length).rstrip(b"\0").decode())
    return None


def libraries_of(program: Path) -> list[Path]:
    """The shared libraries that *program* starts with, as its own loader finds them."""
    loader = loader_of(program)
    if loader is None:
        return []
    listed = subprocess.run([loader, "--list", program], capture_output=True, text=True, check=True, env={}).stdout
    found = [
        line.split(_SOME_LIBRARY)[1].split("(")[0].strip() for line in listed.splitlines() if _SOME_LIBRARY in line
    ]
    return [Path(path) for path in found if path.startswith("/")]


def with_targets(paths: list[Path]) -> tuple[str, ...]:
    """*paths* and, where one is a link, what it leads to."""
    return tuple(dict.fromkeys(str(each) for path in paths for each in (path, path.resolve())))


def reachable_by(user: int, path: Path) -> bool:
    """Tell whether *user*, who owns nothing, can get to *path*: every folder on the way lets others pass."""
    if os.geteuid() not in {0, user}:
        return True  # nobody's identity is changed
    resolved = path.resolve()
    passable = all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)
    return passable and bool(resolved.stat().st_mode & stat.S_IROTH)
