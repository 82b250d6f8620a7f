"""Several gateway processes on one port, among which the kernel shares the connections (socket(7), ``SO_REUSEPORT``).

Each is a whole gateway and knows nothing of the others; they meet in Redis, as gateways on several machines do. The
first makes what must be there before anybody can ask, so the others start once it serves. One that ends by itself is
started again; if we are killed, they are too.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

from rulemint_shared.process.tether import die_with_parent

log = structlog.get_logger(__name__)

PAUSE_BEFORE_RESTART_S = 1.0
_STOPPING = (signal.SIGTERM, signal.SIGINT)
_SERVING = b"!"

Serving = Callable[[], None]
"""A process calls this once it serves."""
RunOne = Callable[[int, Serving], int]
"""Runs the gateway process of a number, from 0, until SIGTERM; its exit code."""


def run_processes(count: int, run_one: RunOne) -> int:
    """Run *count* gateway processes until SIGTERM or SIGINT; 0, or the code of the first if it could not start."""
    return _Processes(run_one).run(count)


class _Processes:
    def __init__(self, run_one: RunOne) -> None:
        self._run_one = run_one
        self._numbers: dict[int, int] = {}
        """pid → number."""
        self._stopping = False

    def run(self, count: int) -> int:
        for signal_number in _STOPPING:
            signal.signal(signal_number, self._stop)
        if not self._start_and_wait(0):
            return self._wait_for_all()
        for number in range(1, count):
            self._start(number)
        while not self._stopping:
            number, code = self._wait_for_one()
            if self._stopping:
                break
            log.warning("a gateway process ended, starting it again", process=number, code=code)
            time.sleep(PAUSE_BEFORE_RESTART_S)
            if not self._stopping:
                self._start(number)
        return self._wait_for_all()

    def _start_and_wait(self, number: int) -> bool:
        """Start one and wait; whether it serves."""
        hears, says = os.pipe()
        self._start(number, lambda: _say(says))
        os.close(says)
        try:
            return os.read(hears, 1) == _SERVING
        finally:
            os.close(hears)

    def _start(self, number: int, serving: Serving = lambda: None) -> None:
        ours = os.getpid()
        with _signals_held_back():  # until the child has handlers of its own, and we its number
            pid = os.fork()
            if pid:
                self._numbers[pid] = number
            else:
                for signal_number in _STOPPING:
                    signal.signal(signal_number, signal.SIG_DFL)
        if pid:
            return
        code = 1
        try:
            die_with_parent(ours)
            code = self._run_one(number, serving)
        finally:
            os._exit(code)

    def _wait_for_one(self) -> tuple[int, int]:
        """Number and exit code of the next that ends."""
        pid, status = os.wait()
        return self._numbers.pop(pid), os.waitstatus_to_exitcode(status)

    def _wait_for_all(self) -> int:
        codes = []
        while self._numbers:
            codes.append(self._wait_for_one()[1])
        return next((max(code, 1) for code in codes if code), 0)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._numbers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _say(pipe: int) -> None:
    os.write(pipe, _SERVING)
    os.close(pipe)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
