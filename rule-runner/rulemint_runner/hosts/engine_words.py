"""Understand what an engine writes to descriptor 2: that it has no memory left, and where in the rule it is.

Python writes its frames there when it gets the signal of `HostProgram.tells_place_by`, also in the middle of a loop or
of a system call (``faulthandler`` of its standard library). V8 without an inspector tells nobody where it is.
"""

from __future__ import annotations

import os
import re
import signal

PLACE_WITHIN_S = 0.25
"""An engine that gets the processor answers within a millisecond; one that does not is not waited for."""

_OUT_OF_MEMORY = (b"out of memory", b"memoryerror", b"memory allocation of")
"""As engines say it, in lower case."""
_STACK = b"most recent call first"
_ITS_END = re.compile(rb'^  (?:File "[^"\n]*/main\.py", line \d+ in <module>|\.\.\.)$', re.MULTILINE)
_FRAME = re.compile(rb'^  File "([^"\n]{1,300})", line (\d{1,9}) in (\S{1,100})$', re.MULTILINE)


def place_in(engine_text: bytes, file: str) -> str | None:
    """Say where in *file* the engine is by the stack that it writes; None as long as it has not come to that.

    Empty if it is not in the file: it waits in an event loop, for one.
    """
    _, found, stack = engine_text.rpartition(_STACK)
    if not found:
        return None
    for name, line, function in _FRAME.findall(stack):
        if name.decode(errors="replace") == file:
            return f"{file}:{int(line)}, in {function.decode(errors='replace')}"
    return "" if _ITS_END.search(stack) else None


def has_run_out(engine_text: bytes, status: int, silent_shortage: signal.Signals | None) -> bool:
    """Tell whether a host that ended with *status* had no memory left: it said so, or could not say anything."""
    if not engine_text:
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == silent_shortage
    said = engine_text.lower()
    return any(mark in said for mark in _OUT_OF_MEMORY)
