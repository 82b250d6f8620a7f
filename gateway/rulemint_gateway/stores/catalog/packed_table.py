"""Very many records of one kind in memory, as the bytes that are stored: a record is decoded when it is read.

A client takes about 300 bytes so, a quarter of what it takes as objects, and Python's collector has nothing to go
through. Decoding one takes less than a microsecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from rulemint_gateway.stores.catalog.record_order import Facets, RecordOrder
from rulemint_gateway.stores.catalog.slices import give_way
from rulemint_gateway.stores.catalog.tables import Table

R = TypeVar("R")
D = TypeVar("D")
ORDERED_AT_ONCE = 400
"""A slice of a millisecond or two."""


class PackedTable(Mapping[str, R]):
    """Id → record. To iterate over records is to decode all of them."""

    def __init__(self, table: Table[R], facets: Facets) -> None:
        """*facets* are what lists of the records can be filtered by."""
        self._table = table
        self._data: dict[str, bytes] = {}
        self._order = RecordOrder(facets)
        self._order_begun = self._order_complete = False
        self._ordering = asyncio.Lock()

    def __getitem__(self, record_id: str) -> R:
        return self._table.codec.decode(self._data[record_id])

    @overload
    def get(self, record_id: str, /) -> R | None: ...
    @overload
    def get(self, record_id: str, /, default: R | D) -> R | D: ...
    def get(self, record_id: str, /, default: Any = None) -> Any:
        """The record, or *default*."""
        data = self._data.get(record_id)
        return default if data is None else self._table.codec.decode(data)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def stored(self) -> Mapping[str, bytes]:
        """The encodings by id."""
        return self._data

    def put_all(self, stored: Iterable[tuple[R, bytes]]) -> list[R]:
        """Add records, each with its encoding; those that they replace."""
        id_of, held, replaced = self._table.id_of, self._data, []
        for record, data in stored:
            record_id = id_of(record)
            if record_id in held:
                replaced.append(old := self[record_id])
                self._order.remove(record_id, old)
            held[record_id] = data
            if self._order_begun:
                self._order.add(record_id, record)
        return replaced

    def pop(self, record_id: str) -> R | None:
        """Forget the record; what it was."""
        data = self._data.pop(record_id, None)
        if data is None:
            return None
        record = self._table.codec.decode(data)
        self._order.remove(record_id, record)
        return record

    async def order(self) -> RecordOrder:
        """The order of all records. The first caller waits until it is made, which yields to the loop.

        Records that come and go while it is made are noted at once; to note one twice changes nothing.
        """
        if not self._order_complete:
            async with self._ordering:
                if not self._order_complete:
                    await self._make_order()
        return self._order

    async def _make_order(self) -> None:
        self._order_begun = True
        for place, record_id in enumerate(list(self._data), 1):
            if place % ORDERED_AT_ONCE == 0:
                await give_way()
            if record_id in self._data:
                self._order.add(record_id, self[record_id])
        self._order_complete = True
