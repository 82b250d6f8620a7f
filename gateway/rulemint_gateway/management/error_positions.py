"""Read where in a rule an error is. A host begins with it: ``my-rule.js:3:7: SyntaxError: …``."""

from __future__ import annotations

import re

import msgspec

_POSITION = re.compile(r"([A-Za-z0-9._-]+\.(?:js|ts|py))(?::(\d+)(?::(\d+))?)?: (.*)")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The place of an error as far as it is known, and the first line of the error without it."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None


def position_in(detail: str) -> Position:
    """Return the position with which *detail* begins."""
    found = _POSITION.match(detail)
    if found is None:
        return Position(message=detail.partition("\n")[0])
    file, line, column, message = found.groups()
    return Position(
        message=message, file=file, line=int(line) if line else None, column=int(column) if column else None
    )
