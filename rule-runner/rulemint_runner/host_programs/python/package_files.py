"""Files of the rule's packages, as `open` and `os` see them: from memory, and only to be read."""

import builtins
import errno
import io
import os
import stat
import sys

from packages import ROOT, Files
from refused import REFUSED

_PATHS = (str, os.PathLike)
_WRITING = frozenset("wax+")


class _Content(io.BytesIO):
    """The content of a file, with its name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def define(files: Files) -> None:
    """Have Python's own functions read what is below `ROOT`."""
    builtins.open = io.open = _opening(io.open, files)
    if "tokenize" in sys.modules:  # it shows the lines of a package in a stack
        sys.modules["tokenize"]._builtin_open = builtins.open  # noqa: SLF001  # it keeps its own
    os.stat = _showing(os.stat, files)
    os.lstat = _showing(os.lstat, files)
    os.listdir = _listing(os.listdir, files)
    os.access = _allowing(os.access, files)


def _name_of(path: object) -> str | None:
    """The name of a file of the packages; None for any other path."""
    if not isinstance(path, _PATHS):
        return None
    text = os.fspath(path)
    if not isinstance(text, str) or not text.startswith(ROOT):
        return None
    text = os.path.normpath(text)
    return text.removeprefix(ROOT).lstrip("/") if text == ROOT or text.startswith(f"{ROOT}/") else None


def _opening(opened: object, files: Files) -> object:
    def open_(
        file: object,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,  # noqa: FBT001, FBT002  # as Python has it
        opener: object = None,
    ) -> object:
        name = _name_of(file)
        if name is None:
            return opened(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if _WRITING & set(mode):
            raise PermissionError(errno.EACCES, f"a file of a package can only be read: {REFUSED}", os.fspath(file))
        content = _Content(files.read(name), os.fspath(file))
        return content if "b" in mode else io.TextIOWrapper(content, encoding or "utf-8", errors, newline)

    open_.__name__ = open_.__qualname__ = "open"
    open_.__doc__ = opened.__doc__
    return open_


def _showing(stat_of: object, files: Files) -> object:
    def stat_(path: object, **named: object) -> os.stat_result:
        name = _name_of(path)
        if name is None:
            return stat_of(path, **named)
        if name in files:
            return os.stat_result((stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, len(files.read(name)), 0, 0, 0))
        if files.names_in(name):
            return os.stat_result((stat.S_IFDIR | 0o555, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        raise FileNotFoundError(errno.ENOENT, "No such file in the rule's packages", os.fspath(path))

    return stat_


def _listing(list_of: object, files: Files) -> object:
    def listdir(path: object = ".") -> list:
        name = _name_of(path)
        names = [] if name is None else files.names_in(name)
        return names or list_of(path)

    return listdir


def _allowing(is_allowed: object, files: Files) -> object:
    def access(path: object, mode: int, **named: object) -> bool:
        name = _name_of(path)
        if name is None:
            return is_allowed(path, mode, **named)
        return not mode & os.W_OK and (name in files or bool(files.names_in(name)))

    return access
