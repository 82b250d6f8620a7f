"""What goes out together: the work on it is done once, however many watchers get it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rulemint_shared.log_stream import Position

PIECE_BYTES = 64 * 1024
"""Written at once, so much of which a watcher that stops reading holds beside its buffer."""


class Event(NamedTuple):
    """One JSON object for a watcher; *position* is None for what the gateway itself has to say."""

    position: Position | None
    data: bytes


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
        """Those of its records that come after *position*; itself if all do."""
        if not self.events or self.events[0].position is None or self.events[0].position > position:
            return self
        return Batch([event for event in self.events if event.position is not None and event.position > position])

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
