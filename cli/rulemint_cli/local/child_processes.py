"""Run child processes: tie them to this process, merge their output, restart them when they end, and stop them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rulemint_cli.local.merged_log import Console
from rulemint_shared.process import tether
from rulemint_shared.process.growing_pause import GrowingPause

LIVED_LONG_S = 10.0
STOP_WITHIN_S = 4.0
LONGEST_LINE_BYTES = 64 * 1024
LINES_KEPT = 20


class Child:
    """One program that runs as long as this process."""

    def __init__(
        self, name: str, argv: Sequence[str], environment: Mapping[str, str], console: Console, *, unsaid: str = "\n"
    ) -> None:
        """Lines with *unsaid* in them are not shown."""
        self.name = name
        self._unsaid = unsaid
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.failed_to_start: str | None = None
        """Its last line, if it ended by itself with an exit code before it had run for long."""
        self._argv = argv
        self._environment = environment
        self._console = console
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    async def run_once(self) -> int:
        """Start the program and wait for its end. Return its exit code, negative for a signal."""
        interpreter = [sys.executable, "-I", "-S", str(Path(tether.__file__)), str(os.getpid())]
        process = self._process = subprocess.Popen(  # noqa: ASYNC220  # a fork takes a millisecond; asyncio's needs threads
            [*interpreter, *self._argv],
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # because we stop children in our own order at Ctrl-C
        )
        with process:
            pidfd = os.pidfd_open(process.pid)
            try:
                await asyncio.gather(self._copy_output(process), _readable(pidfd))
            finally:
                os.close(pidfd)
                if process.poll() is None and self._stopping:
                    process.kill()
            return process.wait()

    async def keep_running(self) -> None:
        """Restart the program each time it ends, until `terminate` or `kill`. Pauses grow if it never runs for long."""
        pause = GrowingPause(0.2, 5.0)
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began_s = loop.time()
            code = await self.run_once()
            if self._stopping:
                return
            if loop.time() - began_s > LIVED_LONG_S:
                pause.reset()
            elif code > 0:
                self.failed_to_start = self.last_lines[-1] if self.last_lines else _describe(code)
            self._console.line("rulemint", f"{self.name} ended ({_describe(code)}), starting it again")
            await pause.wait()

    def terminate(self) -> None:
        """Ask the program to end, and do not restart it."""
        self._stopping = True
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the program now."""
        self._stopping = True
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _copy_output(self, process: subprocess.Popen[bytes]) -> None:
        reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
        try:
            while line := await _next_line(reader):
                text = line.decode(errors="replace").rstrip("\n")
                self.last_lines.append(text)
                if self._unsaid not in text:
                    self._console.line(self.name, text)
        finally:
            transport.close()


async def stop_all(tasks: Mapping[Child, asyncio.Task[None]], *, within_s: float) -> None:
    """End all children of *tasks* together. Kill those that still run after *within_s* seconds."""
    for child in tasks:
        child.terminate()
    if not tasks:
        return
    _, late = await asyncio.wait(tasks.values(), timeout=within_s)
    for child, task in tasks.items():
        if task in late:
            child.kill()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    """Return the next line. A line that is too long is replaced by a remark."""
    try:
        return await reader.readline()
    except ValueError:
        return b"[a line that was too long was left out]\n"


async def _readable(descriptor: int) -> None:
    """Wait until a pidfd says that its process has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)


def _describe(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
