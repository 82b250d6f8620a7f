"""A bar on a terminal for whatever takes longer than a second: it counts where the total is known, else it moves.

It is on standard error, gone when the work is done, and never there with ``--json`` or where nobody looks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S = 1.0
PAUSE_S = 0.2
"""Work that begins sooner after other work goes on with it: a hundred quick calls are one long wait."""


class Steps:
    """How much there is to do, and how much of it is done. Without a bar nobody sees it."""

    def __init__(self, count: int = 0) -> None:
        """*count*: as far as is known."""
        self._expected = count
        self._done = 0
        self._shown: tuple[Progress, TaskID] | None = None

    def expect(self, count: int) -> None:
        """There are *count* more steps than was known."""
        self._expected += count
        self._show()

    def done(self, _what: object = None) -> None:
        """One of them is done."""
        self.done_some(1)

    def done_some(self, count: int) -> None:
        """*count* of them are done."""
        self._done += count
        self._show()

    def show_on(self, bar: Progress, what: str) -> None:
        """From now on *bar* shows them, as *what*."""
        self._shown = bar, bar.add_task(what, total=None, count="")
        self._show()

    def _show(self) -> None:
        if self._shown is not None:
            bar, task = self._shown
            count = f"{self._done}/{self._expected}" if self._expected else ""
            bar.update(task, total=self._expected or None, completed=self._done, count=count)


class Bars:
    """Those of one command: one at a time, which is that of the outermost work."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._is_taken = False
        self._began_s = 0.0
        self._ended_s = 0.0

    @contextmanager
    def show(self, what: str, count: int = 0) -> Iterator[Steps]:
        """The steps of *what*, *count* of them as far as is known; shown once they take long."""
        steps = Steps(count)
        if self._quiet or self._is_taken:
            yield steps
            return
        bars: list[Progress] = []

        def start() -> None:
            bar = _new_bar()
            bars.append(bar)
            steps.show_on(bar, what)
            bar.start()

        patience = Timer(self._patience_s(), start)
        patience.daemon = True
        patience.start()
        self._is_taken = True
        try:
            yield steps
        finally:
            patience.cancel()
            patience.join()
            for bar in bars:
                bar.stop()
            self._is_taken = False
            self._ended_s = time.monotonic()

    def _patience_s(self) -> float:
        """How long it may take from now on without a bar."""
        now_s = time.monotonic()
        if now_s - self._ended_s > PAUSE_S:
            self._began_s = now_s
        return max(0.0, PATIENCE_S - (now_s - self._began_s))


def _new_bar() -> Progress:
    """One that is not on the screen yet."""
    from rich.console import Console  # noqa: PLC0415  # what is quick does without rich
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # as above

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # else what goes into a pipe would go to the terminal instead
    )
