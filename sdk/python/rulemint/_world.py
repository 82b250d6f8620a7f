"""Change the process while a rule runs in it: its output is the rule's log. All of it is put back."""

from __future__ import annotations

import asyncio.base_events
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rulemint._channel import CHANNEL
from rulemint._contract import capture, strays

_UNAWAITED = "_warn_unawaited_coroutine"
_WARNINGS: Any = warnings
_LOOP = asyncio.base_events.BaseEventLoop


@contextmanager
def rule_world() -> Iterator[Callable[[], None]]:
    """Within this, what is printed and logged goes into the log of the run; gives what ends the lines that are open."""
    with _put_back(), warnings.catch_warnings():
        warnings.filterwarnings("always", ".* was never awaited", RuntimeWarning)
        _WARNINGS.showwarning = _WARNINGS._showwarning_orig  # noqa: SLF001  # as below
        _WARNINGS._showwarnmsg_impl = _show_in_log  # noqa: SLF001  # as below
        sys.unraisablehook = sys.__unraisablehook__
        strays.define()
        strays.change_events(asyncio.base_events)
        streams = [capture.Lines(CHANNEL, "info"), capture.Lines(CHANNEL, "error")]
        sys.stdout, sys.stderr = streams
        root, handler = logging.getLogger(), capture.LogHandler(CHANNEL)
        handler.setFormatter(logging.Formatter("%(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.INFO)

        def end_lines() -> None:
            for stream in streams:
                stream.end_line()

        try:
            yield end_lines
        finally:
            root.removeHandler(handler)


def _show_in_log(message: Any) -> None:
    """Have a warning be a line of the log, as in a host, also where a test's own tools keep warnings."""
    sys.stderr.write(_WARNINGS._formatwarnmsg(message))  # noqa: SLF001  # with its source, which the public one drops


@contextmanager
def _put_back() -> Iterator[None]:
    """Have everything as it was, afterwards."""
    kept: list[tuple[Any, str]] = [
        (sys, "stdout"),
        (sys, "stderr"),
        (sys, "unraisablehook"),
        (warnings, _UNAWAITED),
        (_LOOP, "create_task"),
        (_LOOP, "call_exception_handler"),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name in kept]
    factory, level = logging.getLogRecordFactory(), logging.getLogger().level
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
        logging.setLogRecordFactory(factory)
        logging.getLogger().setLevel(level)
