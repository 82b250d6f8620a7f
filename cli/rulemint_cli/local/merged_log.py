"""Merge the logs of all processes of ``rulemint dev``: each line has the name of the process that wrote it."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

from rulemint_cli.terminal.printable import printable

_COLOURS = {"gateway": "36", "runner": "35", "valkey": "33", "rulemint": "32"}
_WIDTH = 8


class Console:
    """Write the merged log to standard output, or to another *stream*."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty()

    def line(self, name: str, text: str) -> None:
        """Write one line of the process *name*."""
        label = f"{name:<{_WIDTH}}"
        if self._colours:
            label = f"\x1b[{_COLOURS.get(name, '37')}m{label}\x1b[0m"
        self._write(f"{label} │ {printable(text)}")

    def text(self, text: str) -> None:
        """Write *text* as it is, without a name."""
        self._write(text)

    def _write(self, text: str) -> None:
        with suppress(BrokenPipeError):  # the reader has gone; the system goes on
            self._stream.write(f"{text}\n")
            self._stream.flush()
