"""Processes that a bench starts: none outlives it, whatever ends it, and one that fails says why."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from rulemint_shared.process import tether

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
OPEN_FILES = 8_192
LAST_LINES = 15


class Child:
    """A started process and the file that it writes to."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.pid = process.pid
        self._log = log

    def wait_for_port(self, port: int) -> None:
        """Return once somebody listens on *port* of this machine.

        Raises:
            SystemExit: nobody does within 30 s, or the process has ended; with the last lines that it wrote.
        """
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline_s and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.05)
        raise SystemExit(self.failure())

    def failure(self) -> str:
        """What there is to say of a process that should run and does not."""
        lines = self._log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"this did not start: {self.process.args!r}", *lines])


@contextmanager
def started(
    command: Sequence[object], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """*command* until the block ends; the kernel kills it with this process, and its output goes to a file.

    Without an *environment* it has this process's.
    """
    tethered = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *map(str, command)]
    with tempfile.NamedTemporaryFile(prefix="rulemint-bench-", suffix=".log") as log:
        process = subprocess.Popen(
            tethered,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the bench, which then stops its children in their order
        )
        try:
            yield Child(process, Path(log.name))
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it: asked first, then killed, with whatever it has left in its group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def prepare() -> None:
    """SIGTERM ends a bench as Ctrl-C does; and 512 connections need more open files than some shells allow."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
