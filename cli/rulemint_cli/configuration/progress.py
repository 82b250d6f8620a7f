"""A progress bar on a terminal, for what takes longer than a second."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

PATIENCE_S = 1.0


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[object], None]]:
    """Call what this gives after each of *total* steps."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    loop = asyncio.get_running_loop()
    began = loop.time()
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)
    shown = False

    def step(_step: object) -> None:
        nonlocal shown
        bar.advance(task)
        if not shown and loop.time() - began > PATIENCE_S:
            bar.start()
            shown = True

    try:
        yield step
    finally:
        if shown:
            bar.stop()
