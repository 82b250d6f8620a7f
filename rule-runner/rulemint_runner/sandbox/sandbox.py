"""The runner's side of the spawner: ask for a process, kill it, learn how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from rulemint_runner.sandbox.namespaces import Tried
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.spawner_messages import (
    MAX_PACKET_BYTES,
    Exited,
    FromSpawner,
    NotSpawned,
    SetApart,
    Setup,
    Spawn,
    Spawned,
    decode_from_spawner,
    encode,
)

log = structlog.get_logger(__name__)

PAUSE_WHEN_FULL_S = 0.001
SPAWN_TIMEOUT_S = 5.0
NO_SETUP = Setup()
SPAWNER_DIED = -1
"""In place of a status: the kernel killed the process because its spawner had ended."""


class SpawnError(Exception):
    """No process could be started; what the kernel said is its cause."""


class SpawnerProcess:
    """The spawner as a child of this process. Start it before any secret is read."""

    def __init__(
        self, setup: Setup = NO_SETUP, *, program: Sequence[str] = ("-m", "rulemint_runner.sandbox.spawner")
    ) -> None:
        """*program* is what the interpreter runs."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(theirs.fileno()), str(os.getpid()), encode(setup).decode()]
        self.control = ours
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", *program, *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )

    def close(self) -> None:
        """Hang up and wait: the spawner kills every host and ends."""
        self.control.close()
        self._process.wait()


class SandboxedProcess:
    """One contained process. It is named by its pidfd, which stays valid until `close`."""

    def __init__(self, pid: int, pidfd: int, exited: asyncio.Future[int]) -> None:
        self.pid = pid
        self.exited = exited
        """Resolves to its wait(2) status once it has been reaped, or to `SPAWNER_DIED`."""
        self._pidfd: int | None = pidfd

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it has ended, or after `close`: the descriptor's number is another's."""
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def close(self) -> None:
        """Let go of the pidfd."""
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None


class Sandbox:
    """Starts contained processes."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._number = 0
        self._spawning: dict[int, asyncio.Future[SandboxedProcess]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._apart: asyncio.Future[tuple[Tried, ...]] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        """Set when the spawner has gone: nothing can be started any more."""

    async def set_apart(self) -> tuple[Tried, ...]:
        """Return the things that hosts have of their own, and those that they do not.

        Raises:
            SpawnError: the spawner does not say.
        """
        try:
            async with asyncio.timeout(SPAWN_TIMEOUT_S):
                return await asyncio.shield(self._apart)
        except TimeoutError as error:
            raise SpawnError(f"the spawner does not answer: {error}") from error

    async def spawn(self, policy: SandboxPolicy, stdio: tuple[int, int, int]) -> SandboxedProcess:
        """Start the program of *policy* with copies of *stdio* as its descriptors 0, 1 and 2.

        Raises:
            SpawnError: it could not be started.
        """
        self._number += 1
        number = self._number
        future: asyncio.Future[SandboxedProcess] = asyncio.get_running_loop().create_future()
        self._spawning[number] = future
        try:
            async with asyncio.timeout(SPAWN_TIMEOUT_S):
                await self._send(encode(Spawn(number=number, policy=policy)), list(stdio))
                return await future
        except (OSError, TimeoutError) as error:
            raise SpawnError(f"the spawner does not answer: {error}") from error
        finally:
            self._spawning.pop(number, None)

    async def _send(self, packet: bytes, descriptors: list[int]) -> None:
        while True:
            try:
                socket.send_fds(self._control, [packet], descriptors)
            except BlockingIOError:
                await asyncio.sleep(PAUSE_WHEN_FULL_S)
            else:
                return

    def take_packets(self) -> None:
        """Read what the spawner says; the event loop calls this when there is something."""
        while True:
            try:
                packet, descriptors, _, _ = socket.recv_fds(self._control, MAX_PACKET_BYTES, 1)
            except BlockingIOError:
                return
            except OSError:
                packet, descriptors = b"", []
            if not packet:
                self._hung_up()
                return
            self._take(decode_from_spawner.decode(packet), descriptors)

    def _take(self, message: FromSpawner, descriptors: list[int]) -> None:
        match message:
            case SetApart(tried=tried):
                self._apart.set_result(tried)
            case Spawned(number=number, pid=pid):
                exited = self._exits[pid] = asyncio.get_running_loop().create_future()
                if not descriptors:
                    self._unnamed(number, pid)
                    return
                process = SandboxedProcess(pid, descriptors[0], exited)
                waiting = self._spawning.get(number)
                if waiting is None or waiting.done():  # who asked has given up
                    process.send_signal(signal.SIGKILL)
                    process.close()
                else:
                    waiting.set_result(process)
            case NotSpawned(number=number, error=error):
                self._not_spawned(number, error)
            case Exited(pid=pid, status=status):
                self._exits.pop(pid).set_result(status)

    def _unnamed(self, number: int, pid: int) -> None:
        """A process whose pidfd the kernel dropped, because we have no room for it."""
        with contextlib.suppress(ProcessLookupError):  # it began a moment ago: its number is not another's yet
            os.kill(pid, signal.SIGKILL)
        self._not_spawned(number, errno.EMFILE)

    def _not_spawned(self, number: int, error: int) -> None:
        waiting = self._spawning.get(number)
        if waiting is not None and not waiting.done():
            why = SpawnError(f"the kernel says: {os.strerror(error)}")
            why.__cause__ = OSError(error, os.strerror(error))
            waiting.set_exception(why)

    def _hung_up(self) -> None:
        asyncio.get_running_loop().remove_reader(self._control)
        unanswered: list[asyncio.Future[Any]] = [self._apart, *self._spawning.values()]
        for waiting in unanswered:
            if not waiting.done():
                waiting.set_exception(SpawnError("the spawner has gone"))
                waiting.exception()  # as if retrieved: nobody may be waiting
        for exited in self._exits.values():
            exited.set_result(SPAWNER_DIED)
        self._exits.clear()
        self.lost.set()


@asynccontextmanager
async def open_sandbox(spawner: SpawnerProcess) -> AsyncIterator[Sandbox]:
    """The sandbox that *spawner* serves; at the end the spawner and everything it started are gone."""
    spawner.control.setblocking(False)
    sandbox = Sandbox(spawner.control)
    loop = asyncio.get_running_loop()
    loop.add_reader(spawner.control, sandbox.take_packets)
    try:
        yield sandbox
    finally:
        loop.remove_reader(spawner.control)
        await asyncio.to_thread(spawner.close)


def describe_exit(status: int) -> str:
    """A wait(2) status in words: ``exit code 3`` or ``signal SIGSEGV``."""
    if status == SPAWNER_DIED:
        return "the end of its spawner"
    if os.WIFSIGNALED(status):
        try:
            return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
        except ValueError:
            return f"signal {os.WTERMSIG(status)}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
