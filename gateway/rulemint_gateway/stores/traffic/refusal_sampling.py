"""Refusals of one source: the first are kept in full, and one of a flood now and then says how many it stands for.

Anybody may be refused thousands of times a second, for nothing. Of a source, so many refusals a minute are kept. One
that goes beyond is a flood until it is quiet for some seconds. One refusal of it is held and the others are counted;
what is held goes out after ten seconds, then after twenty, and so on to ten minutes. Sources are bounded too: what is
kept of all of them in a minute, and how many are remembered.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

QUIET_S = 5.0
"""Without a refusal, after which a flood has ended. What may be kept in full comes back at its own pace."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 10.0, 600.0
"""Between two refusals that stand for a flood."""
REMEMBERED = 10_000
SOURCES_IN_FULL = 20
"""All sources together have so much of what one may have; beyond it they are one flood."""
EVERYBODY = "*"
"""The source of what is beyond that; no address is called so."""


class _Bucket:
    """So many a minute."""

    __slots__ = ("_left", "_most", "_since_s")

    def __init__(self, most: int, now_s: float) -> None:
        self._most = most
        self._left = float(most)
        self._since_s = now_s

    def take(self, now_s: float) -> bool:
        self._left = min(self._most, self._left + (now_s - self._since_s) * self._most / 60)
        self._since_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Source(Generic[T]):
    """The refusals of one source, as far as they are known."""

    __slots__ = ("bucket", "due_s", "floods", "held", "last_s", "more", "pause_s")

    def __init__(self, bucket: _Bucket, now_s: float) -> None:
        self.bucket = bucket
        self.floods = False
        self.last_s = now_s
        self.held: T | None = None
        self.more = 0
        self.pause_s = FIRST_PAUSE_S
        self.due_s = 0.0


class RefusalSampler(Generic[T]):
    """Decides what is kept; *stands_for* puts into one how many more there were."""

    def __init__(
        self, in_full: int, stands_for: Callable[[T, int], T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """*in_full*: of each source in a minute."""
        self._in_full = in_full
        self._stands_for = stands_for
        self._clock = clock
        self._sources: OrderedDict[Hashable, _Source[T]] = OrderedDict()
        self._all = _Bucket(in_full * SOURCES_IN_FULL, clock())
        self._holding: set[Hashable] = set()
        self._evicted: list[T] = []

    @property
    def holds(self) -> bool:
        """True if something waits for its time."""
        return bool(self._holding or self._evicted)

    def offer(self, tenant: str, source: str, make: Callable[[], T]) -> T | None:
        """The refusal that *make* makes if it is to be kept now; it is not even made if it is only counted."""
        now_s, name = self._clock(), (tenant, source)
        known = self._known(name, now_s)
        if not known.floods and known.bucket.take(now_s):
            if self._all.take(now_s):
                return make()
            name = (tenant, EVERYBODY)
            known = self._known(name, now_s)
        known.floods = True
        if known.held is None:
            known.held, known.due_s = make(), now_s + known.pause_s
            self._holding.add(name)
        else:
            known.more += 1
        return None

    def due(self) -> Iterator[T]:
        """The refusals that have waited for their time."""
        now_s = self._clock()
        yield from self._evicted
        self._evicted.clear()
        for name in [name for name in self._holding if self._sources[name].due_s <= now_s]:
            yield from self._given_up(name)

    def rest(self) -> Iterator[T]:
        """All that waits: nobody will ask again."""
        yield from self._evicted
        self._evicted.clear()
        for name in list(self._holding):
            yield from self._given_up(name)

    def _known(self, name: Hashable, now_s: float) -> _Source[T]:
        """The source of that *name*; after some quiet its flood is over."""
        known = self._sources.get(name)
        if known is None:
            if len(self._sources) >= REMEMBERED:
                self._forget_oldest()
            known = self._sources[name] = _Source(_Bucket(self._in_full, now_s), now_s)
        else:
            self._sources.move_to_end(name)
            if known.floods and known.held is None and now_s - known.last_s >= QUIET_S:
                known.floods, known.pause_s = False, FIRST_PAUSE_S
        known.last_s = now_s
        return known

    def _forget_oldest(self) -> None:
        name = next(iter(self._sources))
        self._evicted += self._given_up(name)
        del self._sources[name]

    def _given_up(self, name: Hashable) -> list[T]:
        """The refusal that is held of a source, which then waits for the next, and longer."""
        self._holding.discard(name)
        known = self._sources[name]
        if known.held is None:
            return []
        held, more = known.held, known.more
        known.held, known.more, known.pause_s = None, 0, min(LONGEST_PAUSE_S, known.pause_s * 2)
        return [self._stands_for(held, more) if more else held]
