"""Show a bar on a terminal for work that takes longer than a second. It counts if the total is known.

The bar is on standard error, and disappears when the work is done. There is none with ``--json`` or without a terminal.
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
"""Work that begins within this time of the last work counts as one with it: a hundred quick calls are one long wait."""


class Steps:
    """Count the steps of one piece of work: how many there are, and how many are done."""

    def __init__(self, count: int = 0) -> None:
        """Begin with *count* steps, as far as the number is known."""
        self._expected = count
        self._done = 0
        self._shown: tuple[Progress, TaskID] | None = None

    def expect(self, count: int) -> None:
        """Add *count* to the number of steps."""
        self._expected += count
        self._show()

    def done(self, _what: object = None) -> None:
        """Count one step as done."""
        self.done_some(1)

    def done_some(self, count: int) -> None:
        """Count *count* steps as done."""
        self._done += count
        self._show()

    def show_on(self, bar: Progress, what: str) -> None:
        """Show the steps on *bar* from now on, as *what*."""
        self._shown = bar, bar.add_task(what, total=None, count="")
        self._show()

    def _show(self) -> None:
        if self._shown is not None:
            bar, task = self._shown
            count = f"{self._done}/{self._expected}" if self._expected else ""
            bar.update(task, total=self._expected or None, completed=self._done, count=count)


class Bars:
    """The bars of one command. One is shown at a time, for the outermost work."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._is_taken = False
        self._began_s = 0.0
        self._ended_s = 0.0

    @contextmanager
    def show(self, what: str, count: int = 0) -> Iterator[Steps]:
        """Give the steps of *what*, of which *count* are known. A bar appears once they take long."""
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
        """Return how long the work may go on without a bar, in seconds."""
        now_s = time.monotonic()
        if now_s - self._ended_s > PAUSE_S:
            self._began_s = now_s
        return max(0.0, PATIENCE_S - (now_s - self._began_s))


def _new_bar() -> Progress:
    """Make a bar that is not on the screen yet."""
    from rich.console import Console  # noqa: PLC0415  # quick commands do without rich
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # as above

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # because rich would send output for a pipe to the terminal
    )
