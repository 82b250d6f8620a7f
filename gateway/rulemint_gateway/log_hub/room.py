"""The bytes that wait for the watchers of one tenant: what several of them wait for is held, and counts, once."""

from __future__ import annotations

from typing import Protocol

from rulemint_gateway.log_hub.batch import Batch


class Holder(Protocol):
    """Keeps batches until they are sent."""

    def oldest(self) -> Batch:
        """Of the batches that it keeps."""
        ...

    def lose(self, batch: Batch) -> Batch | None:
        """Keep no more than the later half of *batch*, which it returns: there is no room for all."""
        ...


class Room:
    """Knows which watcher keeps which batch. If there are too many bytes, the one that keeps most loses its oldest."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._holders: dict[Batch, set[Holder]] = {}
        self._kept: dict[Holder, int] = {}
        """The number of bytes that each keeps."""
        self.taken_bytes = 0

    def keep(self, batch: Batch, holder: Holder) -> None:
        """*holder* keeps *batch*; there may be no room for it, or for another."""
        self._add(batch, holder)
        while self.taken_bytes > self._max_bytes and self._has_more_than_an_event():
            self._make_room()

    def leave(self, batch: Batch, holder: Holder) -> None:
        """*holder* has sent *batch*, or has lost it."""
        holders = self._holders[batch]
        holders.discard(holder)
        self._kept[holder] -= batch.size
        if not self._kept[holder]:
            del self._kept[holder]
        if not holders:
            del self._holders[batch]
            self.taken_bytes -= batch.size

    def _make_room(self) -> None:
        """Those that keep much of what the one with most keeps lose its oldest; one that reads on keeps little."""
        most = max(self._kept, key=self._kept.__getitem__)
        oldest, much = most.oldest(), self._kept[most] / 2
        for holder in [each for each in self._holders[oldest] if self._kept[each] >= much]:
            rest = holder.lose(oldest)
            self.leave(oldest, holder)
            if rest is not None:
                self._add(rest, holder)

    def _add(self, batch: Batch, holder: Holder) -> None:
        if batch not in self._holders:
            self._holders[batch] = set()
            self.taken_bytes += batch.size
        self._holders[batch].add(holder)
        self._kept[holder] = self._kept.get(holder, 0) + batch.size

    def _has_more_than_an_event(self) -> bool:
        return len(self._holders) > 1 or any(len(batch.events) > 1 for batch in self._holders)
