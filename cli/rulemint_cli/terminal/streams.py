"""Keep the three streams of a process usable: one may be closed, its reader may have gone, and a disk may be full."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Put a stream that nobody reads, or that has nothing, in place of each that the caller has closed (``>&-``)."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  # as long as the process lives
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # as above
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # as above


def drop_output() -> None:
    """Write no more to standard output, because it takes nothing: what waits would fail again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
