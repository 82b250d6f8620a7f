"""A token bucket as one number for each key: the generic cell rate algorithm (GCRA).

The number is the time at which the bucket will be full again. Taking one moves it into the future by the interval of
the rate; a bucket is empty when the next one would move it further than the burst allows.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

REMEMBERED = 20_000
"""Buckets in memory; of more than that, the one that was taken from longest ago counts as full again."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *burst* at once, and *per_minute* in the long run. A burst of 0: as many as one likes."""

    burst: int
    per_minute: int
    interval_s: float = field(init=False)
    """After so long there is one more."""
    depth_s: float = field(init=False)
    """After so long an empty bucket is full."""

    def __post_init__(self) -> None:
        """Work out what every try needs."""
        object.__setattr__(self, "interval_s", 60 / self.per_minute)
        object.__setattr__(self, "depth_s", self.burst * self.interval_s)


class Buckets:
    """Buckets of any kind, by key; one that was never taken from is full."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._remembered = remembered
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def wait_s(self, key: Hashable, rate: Rate) -> float:
        """Seconds until there is one in the bucket; 0 if there is one now."""
        full_at = self._full_at.get(key)
        if full_at is None or not rate.burst:
            return 0.0
        wait_s = full_at + rate.interval_s - rate.depth_s - self._clock()
        return wait_s if wait_s > 0 else 0.0

    def take(self, key: Hashable, rate: Rate) -> None:
        """Take one, also if there is none."""
        now = self._clock()
        self._set(key, min(max(self._full_at.get(key, now), now) + rate.interval_s, now + 2 * rate.depth_s))

    def learn(self, key: Hashable, full_in_s: float) -> None:
        """The bucket will not be full before that."""
        full_at = self._clock() + full_in_s
        if full_at > self._full_at.get(key, 0.0):
            self._set(key, full_at)

    def _set(self, key: Hashable, full_at: float) -> None:
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._remembered:
            self._full_at.popitem(last=False)
