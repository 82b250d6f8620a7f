"""A root of its own (mount_namespaces(7), pivot_root(2)): a file that hosts do not need does not exist for them.

Landlock denies opening and listing; here `stat` finds nothing either. The new root is an empty file system in memory.
Exactly the files of the hosts' policies are bound into it, read-only, under the paths that they have outside. Links on
the way are made anew. No file system of the kernel's (``/proc``, ``/sys``, ``/dev``) is in it.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rulemint_runner.sandbox.policy import SandboxPolicy

_CLONE_NEWNS = 0x00020000
_NO_SET_USER_ID, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 4096, 16384, 1 << 18
_DETACH = 2
_MOUNT_SETATTR, _BENEATH = 442, 0x8000
_READ_ONLY_ATTRIBUTE, _NO_SET_USER_ID_ATTRIBUTE, _NO_DEVICES_ATTRIBUTE = 1, 2, 4
_HERE_ONLY = -100

_libc = ctypes.CDLL(None, use_errno=True)


class VisibleFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files that exist for hosts."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()
    """Links that do not exist outside: their path, and where they lead."""


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace"))


def visible_files(policies: Iterable[SandboxPolicy], links: tuple[tuple[str, str], ...] = ()) -> VisibleFiles:
    """Collect the files that the programs of *policies* need, together, and *links*."""
    files: dict[str, None] = {}
    folders: dict[str, None] = {}
    for policy in policies:
        files |= dict.fromkeys((*policy.executable_files, *policy.readable_files, *policy.writable_devices))
        folders |= dict.fromkeys(policy.readable_folders)
    return VisibleFiles(files=tuple(files), folders=tuple(folders), links=links)


def enter_new_root(visible: VisibleFiles, empty_folder: str) -> None:
    """Give the calling process a root with *visible* and *empty_folder* in it, and nothing else.

    Raises:
        OSError: the kernel refuses; how far it came is unknown.
    """
    _check(_libc.unshare(_CLONE_NEWNS), "a mount namespace")
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)  # nothing of what follows is seen outside
    _mount("hosts", empty_folder, "tmpfs", _NO_SET_USER_ID | _NO_DEVICES, "size=1m,mode=755")
    root = Path(empty_folder)
    umask = os.umask(0o022)
    for folder in sorted(visible.folders):  # a folder before what is in it
        _show(root, folder)
    for file in visible.files:
        _show(root, file)
    for path, target in visible.links:
        _link(_inside(root, path), target)
    _inside(root, empty_folder).mkdir(parents=True, exist_ok=True)
    os.umask(umask)
    _set_attributes(root, _READ_ONLY_ATTRIBUTE | _NO_SET_USER_ID_ATTRIBUTE)
    os.chdir(root)
    _check(_libc.pivot_root(b".", b"."), "another root")
    _check(_libc.umount2(b".", _DETACH), "the old root's end")
    os.chdir("/")


def _show(root: Path, path: str) -> None:
    """Bind what is at *path* to the same path below *root*; what is not there, or is shown already, is left out."""
    if not Path(path).exists():
        return
    real = _make_links(root, path)
    place = _inside(root, real)
    if os.path.lexists(place):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = Path(real).stat().st_mode
    if stat.S_ISDIR(mode):
        place.mkdir()
    else:
        place.touch()
    _mount(real, str(place), None, _BIND | _RECURSIVE)
    if not stat.S_ISCHR(mode):
        _set_attributes(place, _NO_DEVICES_ATTRIBUTE)


def _make_links(root: Path, path: str) -> str:
    """Make the links on the way to *path* below *root* as well; returns where they lead."""
    real = Path("/")
    ahead = list(Path(path).parts[1:])
    while ahead:
        part = ahead.pop(0)
        here = real.parent if part == ".." else real / part
        if not here.is_symlink():
            real = here
            continue
        target = here.readlink()
        _link(_inside(root, str(here)), target)
        if target.is_absolute():
            real = Path("/")
            target = target.relative_to("/")
        ahead = [*target.parts, *ahead]
    return str(real)


def _link(place: Path, target: Path | str) -> None:
    if not os.path.lexists(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)


def _inside(root: Path, path: str) -> Path:
    return root / path.removeprefix("/")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    result = _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _check(result, f"{source or target} in a new root")


def _set_attributes(place: Path, attributes: int) -> None:
    """Add *attributes* to the mount at *place* and to those beneath; none is taken away."""
    asked = _Attributes(attributes, 0, 0, 0)
    result = _libc.syscall(
        _MOUNT_SETATTR,
        _HERE_ONLY,
        os.fsencode(place),
        _BENEATH,
        ctypes.byref(asked),
        ctypes.c_size_t(ctypes.sizeof(asked)),
    )
    _check(result, f"attributes of {place}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
