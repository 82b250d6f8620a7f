"""System calls that an installation of packages may make besides those of a host: a table of its own.

Hosts' filters are made from `syscall_numbers`, which has none of these, so no mistake in a policy gives a host one.
"""

from __future__ import annotations

import platform

_MACHINES = ("x86_64", "aarch64")

FILE_CHANGES: dict[str, tuple[int | None, int | None]] = {
    # pip and Deno make a tree of folders and move finished files into it.
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    # npm packages are linked from a cache into a tree.
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    # Both installers remove what they unpacked for a moment.
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    # A download is written at its full size, and its bytes reach the disk before it is used.
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    # An archive says when its files were changed and who may execute them.
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "umask": (95, 166),
    # Deno locks its cache. Both copy files within the kernel.
    "flock": (73, 32),
    "copy_file_range": (326, 285),
    "sendfile": (40, 71),
}
"""Calls that unpacking needs; Landlock says where. Numbers on x86_64 and on aarch64, as there."""
SERVING: dict[str, tuple[int | None, int | None]] = {
    # A keeper's gate is bound before the filter; it listens, and takes connections of its installer.
    "listen": (50, 201),
    "accept4": (288, 242),
    # asyncio's server answers with several buffers at once.
    "sendmsg": (46, 211),
    # A keeper hears how its installer ended.
    "wait4": (61, 260),
}
"""Calls to serve at a socket that is bound already, and to hear how an installer ended."""


def numbers_in(table: dict[str, tuple[int | None, int | None]], machine: str | None = None) -> tuple[int, ...]:
    """The numbers of *table* on *machine* (this one by default), without those that it does not have."""
    column = _MACHINES.index(machine or platform.machine())
    return tuple(number for numbers in table.values() if (number := numbers[column]) is not None)
