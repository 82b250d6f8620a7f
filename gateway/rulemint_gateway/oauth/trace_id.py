"""The trace that a request is part of, by its ``traceparent`` (W3C Trace Context, level 1, §3.2)."""

from __future__ import annotations

import re

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.{0,200})?", re.ASCII)
_NO_TRACE, _NO_PARENT = "0" * 32, "0" * 16


def trace_id_of(traceparent: str) -> str:
    """The trace id that *traceparent* names; empty if it is none: a caller's mistake refuses no token."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or found[2] == _NO_TRACE or found[3] == _NO_PARENT:
        return ""
    if found[1] == "ff" or (found[1] == "00" and found[4]):
        return ""
    return found[2]
