"""The bytes that wait for the watchers of one tenant: what several of them wait for is held, and counts, once."""

from __future__ import annotations

from typing import Protocol

from rulemint_gateway.log_hub.batch import Batch


class Holder(Protocol):
    """Keeps batches until they are sent."""

    def lose(self, batch: Batch) -> None:
        """Keep *batch* no longer: there is no room for it."""
        ...


class Room:
    """Knows who keeps which batch, and has the oldest lost when there are too many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._holders: dict[Batch, set[Holder]] = {}
        """In the order in which the batches came."""
        self.taken_bytes = 0

    def keep(self, batch: Batch, holder: Holder) -> None:
        """*holder* keeps *batch*; whoever keeps the oldest ones loses them if there is no room left."""
        holders = self._holders.get(batch)
        if holders is None:
            holders = self._holders[batch] = set()
            self.taken_bytes += batch.size
        holders.add(holder)
        while self.taken_bytes > self._max_bytes and len(self._holders) > 1:
            oldest = next(iter(self._holders))
            for each in self._holders[oldest].copy():
                each.lose(oldest)
                self.leave(oldest, each)

    def leave(self, batch: Batch, holder: Holder) -> None:
        """*holder* has sent *batch*, or has lost it."""
        holders = self._holders.get(batch)
        if holders is None:
            return
        holders.discard(holder)
        if not holders:
            del self._holders[batch]
            self.taken_bytes -= batch.size
