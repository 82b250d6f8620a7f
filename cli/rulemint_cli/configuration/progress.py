"""A progress bar on a terminal, for what takes longer than a second and can be counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE_S = 1.0


class Steps:
    """How much there is to do, and how much of it is done. Without a bar nobody sees it."""

    def __init__(self, what: str = "", bar: Progress | None = None) -> None:
        self._bar = bar
        self._total = 0
        self._task = None if bar is None else bar.add_task(what, total=0)

    def expect(self, count: int) -> None:
        """There are *count* more steps than was known."""
        self._total += count
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=self._total)

    def done(self, _what: object = None) -> None:
        """One of them is done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)


@contextmanager
def progress(what: str, count: int = 0) -> Iterator[Steps]:
    """The steps of *what*, *count* of them as far as is known; shown once they take long, and gone at their end."""
    if not sys.stderr.isatty():
        yield Steps()
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    steps = Steps(what, bar)
    steps.expect(count)
    patience = Timer(PATIENCE_S, bar.start)
    patience.daemon = True
    patience.start()
    try:
        yield steps
    finally:
        patience.cancel()
        patience.join()
        bar.stop()
