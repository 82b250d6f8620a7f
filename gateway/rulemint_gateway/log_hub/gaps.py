"""Finds gaps between two records of a stream, by the numbers of their positions.

Numbers grow by one with each record, so a hole in them is a gap: it has left the stream, or its writer has lost it.
Numbers say nothing if an older release wrote, or if the server has lost its data. Then there is a gap if the stream
begins behind the record before. Nobody knows how large it is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rulemint_shared.streams.log_stream import START, Position


class Cause(StrEnum):
    """The reason why records are missing."""

    SLOW_WATCHER = "slow_watcher"
    """The watcher did not read them, and there was no room for them."""
    NOT_KEPT = "not_kept"
    """They left the stream before they were read."""
    NOT_WRITTEN = "not_written"
    """Their writer lost them: its tenant wrote too much at once, or Redis did not answer."""


class Gap(NamedTuple):
    """Records that are missing."""

    records: int | None
    """None: nobody knows."""
    cause: Cause


class Numbering(NamedTuple):
    """The numbers of a stream, as it tells them."""

    begins: Position | None
    """The place from which on they grow by one; None: nowhere."""
    first: Position | None
    """The first record that is kept."""

    def between(self, before: Position, after: Position) -> Gap | None:
        """The gap between two records, or between the places of two, of which none is kept between them."""
        has_left = self.first is None or self.first > before
        if not self._numbers(before):
            return Gap(None, Cause.NOT_KEPT) if has_left and before != START else None
        missing = after.number - before.number - 1
        if missing == 0:
            return None
        if missing < 0:  # the server has lost its newest records, and counts from an older one
            return Gap(None, Cause.NOT_KEPT)
        return Gap(missing, Cause.NOT_KEPT if has_left else Cause.NOT_WRITTEN)

    def _numbers(self, position: Position) -> bool:
        if self.begins is None:
            return False
        return position >= self.begins or (position == START and self.begins.number == 1)
