"""The spawner: a small process that starts, reaps and reports hosts, and does nothing else.

Theory of operation. The runner starts the spawner before it has read any secret, over one socket pair. The spawner has
one thread, so it may fork and run code in the child; it holds no secret, so a child inherits none. Before it starts
anything it sets itself apart from the machine, as far as it may (`namespaces`). It is the hosts' parent: when it dies,
the kernel kills them, and the spawner dies with the runner. A host is named to the runner by a pidfd, so that no signal
ever reaches another process that got the same number later.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import socket
import stat
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

from rulemint_runner.sandbox.launch import Launch, contain_and_exec
from rulemint_runner.sandbox.namespaces import Apart, set_apart
from rulemint_runner.sandbox.spawner_messages import (
    MAX_PACKET_BYTES,
    STDIO_DESCRIPTORS,
    Exited,
    FromSpawner,
    NotSpawned,
    SetApart,
    Setup,
    Spawn,
    Spawned,
    decode_setup,
    decode_spawn,
    encode,
)
from rulemint_shared.process.tether import die_with_parent

_ENTER_ONLY = 0o555


class Spawner:
    """Serves one runner until it hangs up."""

    def __init__(self, control: socket.socket, setup: Setup, runner_pid: int) -> None:
        self._control = control
        self._setup = setup
        self._runner_pid = runner_pid
        self._empty_folder = empty_folder()
        self._proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)  # hosts' root will have none
        self._apart = Apart()
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, int] = {}
        """Process number → pidfd: readable once it has ended, and not when it is stopped, as idle hosts are."""

    def serve(self) -> None:
        """Start what is asked for and report what ends; returns when the runner hangs up, with no child left."""
        self._apart = set_apart(self._setup.visible, self._empty_folder, self._setup.group, self._runner_pid)
        self._say(SetApart(tried=tuple(self._apart.tried)))
        if self._apart.first_process is not None:
            self._watch(self._apart.first_process)
        self._selector.register(self._control, selectors.EVENT_READ, self._take_packet)
        going = True
        while going:
            for key, _ in self._selector.select():
                going = key.data() and going
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for _ in self._children:  # in the order in which they end: the first process of a pid namespace ends last
            os.wait()

    def _take_packet(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, MAX_PACKET_BYTES, STDIO_DESCRIPTORS)
        if not packet:
            return False
        try:
            self._spawn(decode_spawn(packet), descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _spawn(self, spawn: Spawn, descriptors: list[int]) -> None:
        if len(descriptors) < STDIO_DESCRIPTORS:  # the kernel drops those for which there is no room
            self._say(NotSpawned(number=spawn.number, error=errno.EMFILE))
            return
        # Seen from another pid namespace, a parent has no number.
        parent_pid = os.getpid() if self._apart.first_process is None else 0
        try:
            pid = os.fork()
        except OSError as error:
            self._say(NotSpawned(number=spawn.number, error=error.errno or errno.EAGAIN))
            return
        if pid == 0:
            stdin, stdout, stderr = descriptors
            contain_and_exec(
                Launch(
                    policy=spawn.policy,
                    stdio=(stdin, stdout, stderr),
                    parent_pid=parent_pid,
                    empty_folder=self._empty_folder,
                    proc=self._proc,
                    without=self._setup.without,
                    landlock_abi=self._setup.landlock_abi,
                )
            )
        try:
            pidfd = self._watch(pid)
        except OSError as error:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._say(NotSpawned(number=spawn.number, error=error.errno or errno.EMFILE))
            return
        self._say(Spawned(number=spawn.number, pid=pid), [pidfd])

    def _watch(self, pid: int) -> int:
        """Hear of the end of a child, which keeps its number until it is reaped; returns its pidfd.

        Raises:
            OSError: there is no descriptor for it, or no memory.
        """
        pidfd = os.pidfd_open(pid)
        try:
            self._selector.register(pidfd, selectors.EVENT_READ, partial(self._reap, pid))
        except OSError:
            os.close(pidfd)
            raise
        self._children[pid] = pidfd
        return pidfd

    def _reap(self, pid: int) -> bool:
        pidfd = self._children.pop(pid)
        self._selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        if pid == self._apart.first_process:
            return False  # every host has gone with it, and none can be started
        self._say(Exited(pid=pid, status=status))
        return True

    def _say(self, message: FromSpawner, descriptors: list[int] | None = None) -> None:
        socket.send_fds(self._control, [encode(message)], descriptors or [])


def main() -> None:
    """``python -m rulemint_runner.sandbox.spawner <descriptor> <runner's pid> <setup>``."""
    descriptor, runner_pid = (int(argument) for argument in sys.argv[1:3])
    die_with_parent(runner_pid)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its runner, and only then
    with (
        socket.socket(fileno=descriptor) as control,
        suppress(BrokenPipeError, ConnectionResetError),  # the runner has died, and we with it in a moment
    ):
        Spawner(control, decode_setup(sys.argv[3]), runner_pid).serve()


def empty_folder() -> str:
    """A folder with nothing in it, for hosts to stand in: one for each user of this machine, used again and again.

    Hosts of another user may enter it, nobody may write to it. What somebody else put at its place is not used.
    """
    path = Path(tempfile.gettempdir()) / f"rulemint-empty-{os.geteuid()}"
    with suppress(FileExistsError):
        path.mkdir()
        path.chmod(_ENTER_ONLY)
    found = path.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if is_ours and stat.S_IMODE(found.st_mode) == _ENTER_ONLY and not any(path.iterdir()):
        return str(path)
    other = tempfile.mkdtemp(prefix="rulemint-empty-")
    Path(other).chmod(_ENTER_ONLY)
    return other


if __name__ == "__main__":
    main()
