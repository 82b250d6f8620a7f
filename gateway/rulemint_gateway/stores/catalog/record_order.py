"""The order in which the records of a table are listed, and the part of them that a list's filters take.

Records are apart by their facets: the values of all fields that a list can be filtered by. A filter takes some facets
as a whole, so nothing is looked through: how many records there are, and which stand on a page, follows from the sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from rulemint_gateway.stores.catalog.sorted_keys import SortedKeys

Wanted = Mapping[str, Collection[str]]
"""A field → the values that are asked for, as `text_of` spells them."""
_TIME_BYTES = 8


class Facets(NamedTuple):
    """The fields by which a kind of record is filtered, as lists show them, with their values in a record.

    Values are texts, booleans and None; one that is anything else (a record from elsewhere) counts as its text.
    """

    fields: tuple[str, ...]
    of: Callable[[Any], tuple[object, ...]]


def text_of(value: object) -> str:
    """*value* as a query spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Selection:
    """Some of the records, oldest first."""

    def __init__(self, order: SortedKeys, parts: Sequence[SortedKeys]) -> None:
        """*order* has all records, *parts* those of the selection, apart."""
        self._order = order
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def ids(self, start: int, count: int) -> list[str]:
        """So many ids from place *start* on; fewer at the end."""
        if start >= len(self):
            return []
        first = self._parts[0][start] if len(self._parts) == 1 else self._key_at(start)
        keys = islice(merge(*(part.since(first) for part in self._parts)), count)
        return [key[_TIME_BYTES:].decode() for key in keys]

    def place_of(self, key: bytes) -> int | None:
        """The place of the record of that key (`key_of`); None if it is not in the selection."""
        place = self._rank(key)
        return place if next(merge(*(part.since(key) for part in self._parts)), None) == key else None

    def _rank(self, key: bytes) -> int:
        return sum(part.rank(key) for part in self._parts)

    def _key_at(self, place: int) -> bytes:
        """The key at *place* of several parts together: the last of all keys that has so many of ours before it."""
        low, high = 0, len(self._order) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._rank(self._order[middle]) <= place:
                low = middle
            else:
                high = middle - 1
        return self._order[low]


class RecordOrder:
    """The keys of all records of a table, in their order, and apart by their facets."""

    def __init__(self, facets: Facets) -> None:
        self._facets = facets
        self._all = SortedKeys()
        self._apart: dict[tuple[object, ...], SortedKeys] = {}

    def add(self, record_id: str, record: Any) -> None:
        """Note *record*; one that is noted already is no error."""
        key = key_of(record_id, record)
        self._all.add(key)
        facets = self._facets_of(record)
        if facets not in self._apart:
            self._apart[facets] = SortedKeys()
        self._apart[facets].add(key)

    def remove(self, record_id: str, record: Any) -> None:
        """Forget *record* as it was added; one that was not is no error."""
        key, facets = key_of(record_id, record), self._facets_of(record)
        self._all.remove(key)
        if apart := self._apart.get(facets):
            apart.remove(key)
            if not apart:
                del self._apart[facets]

    def select(self, wanted: Wanted) -> Selection:
        """The records whose fields have the *wanted* values: each a facet, or left out."""
        asked = [wanted.get(field) for field in self._facets.fields]
        if all(values is None for values in asked):
            return Selection(self._all, [self._all])
        taken = [
            keys
            for facets, keys in self._apart.items()
            if all(values is None or text_of(facet) in values for facet, values in zip(facets, asked, strict=True))
        ]
        return Selection(self._all, taken)

    def _facets_of(self, record: Any) -> tuple[object, ...]:
        facets = self._facets.of(record)
        try:
            hash(facets)
        except TypeError:
            return tuple(map(text_of, facets))
        return facets


def key_of(record_id: str, record: Any) -> bytes:
    """The key by which records are ordered: the time when they were made, then their ids."""
    made_ms: int = record.created_at_ms
    return max(made_ms, 0).to_bytes(_TIME_BYTES) + record_id.encode()
