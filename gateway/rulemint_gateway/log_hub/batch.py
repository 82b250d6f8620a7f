"""A batch goes out together: the work on it is done once for all watchers that get it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rulemint_gateway.log_hub.gaps import Gap
from rulemint_gateway.log_hub.rendering import render_gap
from rulemint_shared.clock import unix_ms
from rulemint_shared.streams.log_stream import Position

PIECE_BYTES = 64 * 1024
"""Written at once, so much of which a watcher that stops reading holds besides its buffer."""


class Event(NamedTuple):
    """One JSON object for a watcher; *position* is None for what the gateway itself has to say."""

    position: Position | None
    data: bytes
    gap: Gap | None = None
    """The gap right behind its position, if it tells of one."""

    @property
    def records(self) -> int | None:
        """The number of records that a watcher misses without it; None: nobody knows."""
        return self.gap.records if self.gap else int(self.position is not None)


def gap_event(gap: Gap, position: Position | None) -> Event:
    """Make the batch that tells of *gap*, which ends right before *position*. A watcher behind it is not told again."""
    place = position and position.previous()
    return Event(place, render_gap(gap, place, now_ms=unix_ms()), gap)


Form = Callable[[Sequence[Event]], list[bytes]]
"""Events as they stand on a connection, each by itself."""


class Batch:
    """Events in their order. Watchers that share one share what its forms make of it, too."""

    __slots__ = ("_half", "_pieces", "events", "size")

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.size = sum(len(event.data) for event in events)
        """In bytes."""
        self._pieces: dict[Form, list[bytes]] = {}
        self._half: Batch | None = None

    def behind(self, position: Position) -> Batch:
        """The part of it that comes after *position*; itself if all does."""
        first = self.events[0] if self.events else None
        if first is None or first.position is None:
            return self
        if first.position > position:
            shown = _behind(first, position)
            return self if shown is first else Batch([shown, *self.events[1:]])
        rest = [event for event in self.events if event.position is not None and event.position > position]
        return Batch([_behind(rest[0], position), *rest[1:]] if rest else [])

    def later_half(self) -> Batch | None:
        """The later half of its events, the same for all who ask; None if it has one event only."""
        if self._half is None and len(self.events) > 1:
            self._half = Batch(self.events[(len(self.events) + 1) // 2 :])
        return self._half

    def pieces(self, form: Form) -> list[bytes]:
        """All events in this *form*, joined to pieces of whole events: of `PIECE_BYTES`, or of one that is larger."""
        pieces = self._pieces.get(form)
        if pieces is None:
            pieces = self._pieces[form] = _joined(form(self.events))
        return pieces


def _behind(event: Event, position: Position) -> Event:
    """*event*; if it tells of a gap, of that part which is behind *position*."""
    if event.position is None or event.gap is None or event.gap.records is None:
        return event
    missing = event.position.number - position.number
    if not 0 < missing < event.gap.records:
        return event
    return gap_event(event.gap._replace(records=missing), event.position.following())


def _joined(formed: list[bytes]) -> list[bytes]:
    pieces: list[bytes] = []
    start = size = 0
    for index, each in enumerate(formed):
        if size and size + len(each) > PIECE_BYTES:
            pieces.append(b"".join(formed[start:index]))
            start, size = index, 0
        size += len(each)
    if size:
        pieces.append(b"".join(formed[start:]))
    return pieces
