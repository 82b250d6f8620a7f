"""The standard descriptors as a rule sees them, and what would end its host.

What is written to 1 and 2 is the log, and 0 is at its end. The runner hears none of the rest, so that it is refused in
words.
"""

import _io
import builtins
import errno
import io
import os
import posix
import sys

from refused import REFUSED, refusing

_NAMES = {
    "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2,
    "/dev/fd/0": 0, "/dev/fd/1": 1, "/dev/fd/2": 2,
    "/proc/self/fd/0": 0, "/proc/self/fd/1": 1, "/proc/self/fd/2": 2,
}  # fmt: skip
_ENDINGS = ("_exit", "abort")
_PATHS = (str, os.PathLike)
_STANDARD = frozenset({1, 2})


def define(streams: dict) -> None:
    """Have every way of writing to a descriptor end in *streams*, by its number."""
    builtins.open = io.open = _io.open = _opening(io.open, streams)
    io.FileIO = _io.FileIO = _file_type(streams)
    for module in (os, posix):
        module.write = _writing(os.write if module is os else posix.write, streams)
        module.writev = _writing_parts(os.writev, streams)
        module.read = _reading(posix.read, streams)
        for name in ("dup", "dup2"):
            setattr(module, name, _copying(name, getattr(posix, name)))
    for name in _ENDINGS:
        refuse = refusing(f"os.{name}")
        setattr(os, name, refuse)
        setattr(posix, name, refuse)
    builtins.exit = builtins.quit = sys.exit


def _writing(write: object, streams: dict) -> object:
    def write_lines(descriptor: int, data: bytes) -> int:
        stream = streams.get(descriptor)
        return write(descriptor, data) if stream is None else stream.buffer.write(data)

    return write_lines


def _writing_parts(writev: object, streams: dict) -> object:
    def write_lines(descriptor: int, parts: object) -> int:
        stream = streams.get(descriptor)
        return writev(descriptor, parts) if stream is None else stream.buffer.write(b"".join(map(bytes, parts)))

    return write_lines


def _reading(read: object, streams: dict) -> object:
    def read_none(descriptor: int, length: int) -> bytes:
        if descriptor in streams:
            raise PermissionError(errno.EPERM, f"os.read of descriptor {descriptor}: {REFUSED}")
        return read(descriptor, length)

    return read_none


def _copying(name: str, copy: object) -> object:
    """Refuse a second descriptor for a standard one: what is written to it would not be in the log."""

    def copy_others(*descriptors: int, **named: object) -> int:
        if not _STANDARD.isdisjoint(descriptors):
            raise PermissionError(errno.EPERM, f"os.{name} of a standard descriptor: {REFUSED}")
        return copy(*descriptors, **named)

    return copy_others


def _opening(opened: object, streams: dict) -> object:
    """`open`, which gives the log where a standard stream is meant."""

    def open_(file: object, mode: str = "r", *rest: object, **named: object) -> object:
        meant = file if type(file) is int else _NAMES.get(os.fspath(file)) if isinstance(file, _PATHS) else None
        if meant == 0:
            return opened(os.devnull, "rb" if "b" in mode else "r")
        stream = streams.get(meant)
        if stream is None:
            return opened(file, mode, *rest, **named)
        if not set(mode) & set("wax"):
            raise io.UnsupportedOperation("not readable")
        return stream.buffer if "b" in mode else stream

    open_.__name__ = open_.__qualname__ = "open"
    open_.__doc__ = opened.__doc__
    return open_


def _file_type(streams: dict) -> type:
    class FileIO(io.FileIO):
        """A file without a buffer; one of a standard descriptor is refused, because it would not be the log."""

        def __init__(self, file: object, *rest: object, **named: object) -> None:
            if type(file) is int and file in streams:
                raise PermissionError(errno.EPERM, f"a FileIO of descriptor {file}: {REFUSED}; use open, or print")
            super().__init__(file, *rest, **named)

    return FileIO
