"""Read spans of time from the command line: ``30s``, ``10m``, ``2h``, ``1d``."""

from __future__ import annotations

import re
from datetime import timedelta

from rulemint_cli.terminal.errors import UsageError

_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta | None:
    """Return the span that *text* spells, or None if it spells none."""
    found = _SPAN.fullmatch(text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


def seconds_of(text: str, *, option: str, longest_s: int) -> int:
    """Return the whole seconds of the span that *option* gives as *text*.

    Raises:
        UsageError: *text* is not a span of time, or a longer one than *longest_s*.
    """
    span = span_of(text)
    if span is None:
        raise UsageError(f"{option} {text}: write it as 30m, 12h or 7d")
    if span > timedelta(seconds=longest_s):
        raise UsageError(f"{option} {text} is too long: give {timedelta(seconds=longest_s).days}d at most")
    return int(span.total_seconds())
