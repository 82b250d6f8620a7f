"""The installer's process: pip or Deno, in a network with nothing in it but the gate, where the kernel gives one.

It is forked before its keeper speaks to anybody. It opens the gate's port in its own network and hands the socket over.
A socket belongs to the network in which it was made, so the keeper serves where it cannot be reached otherwise.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import msgspec

from rulemint_runner.packages.installing.containment import contain
from rulemint_runner.packages.messages import InstallTerms
from rulemint_runner.sandbox.namespaces import leave_network
from rulemint_runner.sandbox.privileges import lose_capabilities

CANNOT_START = 126
HOST = "127.0.0.1"
MAX_OUTPUT_BYTES = 256 * 1024
_HIGHEST_DESCRIPTOR = 2**31 - 2
_PIECE_BYTES = 16 * 1024


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The command that the installer is started as."""

    argv: tuple[str, ...]
    environment: dict[str, str]


@dataclass(frozen=True)
class Installer:
    """An installer that has been started."""

    pid: int
    output: int
    """A descriptor from which all its output can be read."""
    listener: socket.socket
    """The socket at which it looks for its gate."""

    def url(self, path: str) -> str:
        """The URL of *path* at the gate."""
        return f"http://{HOST}:{self.listener.getsockname()[1]}{path}"

    async def ended(self) -> tuple[int, str]:
        """Its exit code, and what it said."""
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        said = bytearray()

        def take() -> None:
            piece = os.read(self.output, _PIECE_BYTES)
            said.extend(piece[: MAX_OUTPUT_BYTES - len(said)])
            if not piece:
                over.set()

        loop.add_reader(self.output, take)
        await over.wait()  # it is alone: all that had its output has ended
        loop.remove_reader(self.output)
        _, status = await asyncio.to_thread(os.waitpid, self.pid, 0)
        return os.waitstatus_to_exitcode(status), said.decode(errors="replace")


def start_installer(folder: Path, terms: InstallTerms, path: str, command: Callable[[str], Command]) -> Installer:
    """Start *command* in *folder*; it is told the URL of its gate, which ends in *path*.

    Raises:
        OSError: there is no process for it.
    """
    readable, writable = os.pipe()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become_installer(folder, terms, path, command, theirs, writable, parent)
    os.close(writable)
    with ours:
        theirs.close()
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        raise OSError(f"the installer did not start: {os.read(readable, _PIECE_BYTES).decode(errors='replace')}")
    os.set_blocking(readable, False)
    return Installer(pid, readable, socket.socket(fileno=descriptors[0]))


def _become_installer(
    folder: Path,
    terms: InstallTerms,
    path: str,
    command: Callable[[str], Command],
    keeper: socket.socket,
    output: int,
    parent: int,
) -> NoReturn:
    try:
        is_ordinary = os.geteuid() != 0
        if leave_network() and is_ordinary:
            lose_capabilities()
        listener = socket.create_server((HOST, 0))
        port = listener.getsockname()[1]
        socket.send_fds(keeper, [b"!"], [listener.fileno()])
        start = command(f"http://{HOST}:{port}{path}")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, _HIGHEST_DESCRIPTOR)
        os.chdir(folder)
        os.umask(0o077)
        contain(folder, Path(start.argv[0]), terms, port=port, parent_pid=parent)
        os.execve(start.argv[0], start.argv, start.environment)  # noqa: S606  # no shell is meant
    except BaseException as error:  # noqa: BLE001  # in any case the child must end here
        os.write(output, f"cannot start the installer: {error}\n".encode())
    os._exit(CANNOT_START)
