"""A sorted set of byte strings: hundreds of thousands of them, changed one at a time, read by place.

It is a list of short sorted lists, so that adding moves a few kilobytes in memory, not megabytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain, islice

PART = 1_000
"""Keys of one short list; with twice as many it is split."""


class SortedKeys:
    """Keys in their order, each once."""

    def __init__(self) -> None:
        self._parts: list[list[bytes]] = []
        self._lasts: list[bytes] = []
        """The last key of each part."""
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> bytes:
        """The key at *place*, from 0.

        Raises:
            IndexError: there are not so many.
        """
        for part in self._parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)

    def add(self, key: bytes) -> None:
        """Add *key*; one that is there already is no error."""
        number = bisect_left(self._lasts, key)
        if number == len(self._parts):
            self._append(key)
            return
        part = self._parts[number]
        place = bisect_left(part, key)
        if part[place] == key:
            return
        part.insert(place, key)
        self._length += 1
        if len(part) >= 2 * PART:
            self._split(number)

    def remove(self, key: bytes) -> None:
        """Take *key* away; one that is not there is no error."""
        number = bisect_left(self._lasts, key)
        if number == len(self._parts):
            return
        part = self._parts[number]
        place = bisect_left(part, key)
        if part[place] != key:
            return
        del part[place]
        self._length -= 1
        if part:
            self._lasts[number] = part[-1]
        else:
            del self._parts[number], self._lasts[number]

    def rank(self, key: bytes) -> int:
        """The number of keys that come before *key*, which need not be one of them."""
        number = bisect_left(self._lasts, key)
        before = sum(map(len, self._parts[:number]))
        return before + (bisect_left(self._parts[number], key) if number < len(self._parts) else 0)

    def since(self, key: bytes) -> Iterator[bytes]:
        """The keys from *key* on."""
        number = bisect_left(self._lasts, key)
        later = chain.from_iterable(islice(self._parts, number, None))
        return islice(later, bisect_left(self._parts[number], key), None) if number < len(self._parts) else later

    def _append(self, key: bytes) -> None:
        if not self._parts:
            self._parts, self._lasts = [[]], [key]
        self._parts[-1].append(key)
        self._lasts[-1] = key
        self._length += 1
        if len(self._parts[-1]) >= 2 * PART:
            self._split(len(self._parts) - 1)

    def _split(self, number: int) -> None:
        part = self._parts[number]
        self._parts[number : number + 1] = [part[:PART], part[PART:]]
        self._lasts[number : number + 1] = [part[PART - 1], part[-1]]
