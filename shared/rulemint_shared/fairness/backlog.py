"""Hold what waits to be written, by tenant. Each tenant loses its own if there is too much, and all take turns."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

LOST_AT_ONCE = 64
"""A tenant that has too much loses this part of it: finding out who that is takes a look at all."""


class Taken(NamedTuple, Generic[T]):
    """The items of one tenant in a round."""

    tenant: str
    items: list[T]
    lost: int
    """The number of its items that were lost before them, and have not been told of."""


class _Queue(Generic[T]):
    """The items of one tenant that wait."""

    __slots__ = ("items", "size")

    def __init__(self) -> None:
        self.items: deque[tuple[T, int]] = deque()
        self.size = 0


class FairBacklog(Generic[T]):
    """Bounded in items and bytes. A tenant alone may fill it; with others in it, who has most makes room."""

    def __init__(self, *, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._queues: OrderedDict[str, _Queue[T]] = OrderedDict()
        self._count = 0
        self.size = 0
        """In bytes."""
        self._untold: Counter[str] = Counter()
        self.lost = 0
        """The number of items that were ever lost."""

    def __len__(self) -> int:
        """Count the items that wait."""
        return self._count

    def of(self, tenant: str) -> Iterator[T]:
        """The items that wait for *tenant*, the oldest first."""
        queue = self._queues.get(tenant)
        return (item for item, _size in queue.items) if queue else iter(())

    def add(self, tenant: str, item: T, size: int) -> None:
        """Have *item*, of *size* bytes, wait. If that is too much, the tenant that has most loses its oldest items."""
        queue = self._queues.get(tenant)
        if queue is None:
            queue = self._queues[tenant] = _Queue()
        queue.items.append((item, size))
        queue.size += size
        self._count += 1
        self.size += size
        # The tenant with most loses its oldest, so that a flood costs nobody else a record.
        while self._count > self._max_items:
            self._make_room(max(self._queues, key=lambda each: len(self._queues[each].items)))
        while self.size > self._max_bytes:
            self._make_room(max(self._queues, key=lambda each: self._queues[each].size))

    def lose(self, tenant: str, count: int) -> None:
        """So many of *tenant*'s are lost elsewhere: it is told of them with its others."""
        self.lost += count
        self.not_told(tenant, count)

    def not_told(self, tenant: str, count: int) -> None:
        """*tenant* has still to be told of so many."""
        if count:
            self._untold[tenant] += count

    def take(self, *, max_items: int, max_bytes: int) -> list[Taken[T]]:
        """A round: the oldest items of each tenant in its turn. Who has its turn in this round is the last in the next.

        Each has its part of the round, and one item at least; so a round may have one item more than *max_bytes*.
        """
        each_items, each_bytes = (max(1, most // max(1, len(self._queues))) for most in (max_items, max_bytes))
        round_: list[Taken[T]] = []
        for _ in range(min(max_items, len(self._queues))):
            tenant, queue = self._queues.popitem(last=False)
            items: list[T] = []
            size = 0
            while queue.items and len(items) < each_items and size < each_bytes:
                item, item_size = queue.items.popleft()
                items.append(item)
                size += item_size
            queue.size -= size
            self._count -= len(items)
            self.size -= size
            max_bytes -= size
            if queue.items:
                self._queues[tenant] = queue
            round_.append(Taken(tenant, items, self._untold.pop(tenant, 0)))
            if max_bytes <= 0:
                break
        return round_

    def _make_room(self, tenant: str) -> None:
        queue = self._queues[tenant]
        count = max(1, len(queue.items) // LOST_AT_ONCE)
        freed = sum(queue.items.popleft()[1] for _ in range(count))
        queue.size -= freed
        self.size -= freed
        self._count -= count
        self.lose(tenant, count)
        if not queue.items:
            del self._queues[tenant]
