"""Lists of records: how long they are, and the answers of the few that stand on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec

from rulemint_gateway.management.nouns.answers import shown_field
from rulemint_gateway.stores.catalog.packed_table import PackedTable
from rulemint_gateway.stores.catalog.record_order import RecordOrder, Selection, Wanted, key_of, text_of

R = TypeVar("R")
A = TypeVar("A", bound=msgspec.Struct)
S_co = TypeVar("S_co", bound=msgspec.Struct, covariant=True)


class Listing(Protocol[S_co]):
    """Records in a stable order."""

    def __len__(self) -> int: ...

    def views(self, start: int, count: int) -> Sequence[S_co]:
        """The answers of so many records from place *start* on; fewer at the end."""
        ...

    def place_of(self, record_id: str) -> int | None:
        """The place of the record; None if it is not in the list."""
        ...

    def matching(self, wanted: Wanted) -> Listing[S_co]:
        """Those whose fields have one of the *wanted* values each."""
        ...


class FewRecords(Generic[A]):
    """A list of answers that are all made: there are thousands at most."""

    def __init__(self, views: Sequence[A], *, id_field: str = "id") -> None:
        self._views = views
        self._id_field = id_field

    def __len__(self) -> int:
        return len(self._views)

    def views(self, start: int, count: int) -> Sequence[A]:
        """So many of them."""
        return self._views[start : start + count]

    def place_of(self, record_id: str) -> int | None:
        """The place of the record; None if it is not in the list."""
        places = (place for place, view in enumerate(self._views) if shown_field(view, self._id_field) == record_id)
        return next(places, None)

    def matching(self, wanted: Wanted) -> FewRecords[A]:
        """Those whose fields have one of the *wanted* values each."""
        found = [view for view in self._views if matches(wanted, partial(shown_field, view))]
        return FewRecords(found, id_field=self._id_field)


class OrderedRecords(Generic[R, A]):
    """A list out of very many records: only those that are asked for are made into answers."""

    def __init__(
        self,
        table: PackedTable[R],
        order: RecordOrder,
        view: Callable[[R], A],
        *,
        fixed: Mapping[str, object] | None = None,
        selection: Selection | None = None,
    ) -> None:
        """*fixed* are fields that have the same value in all records, besides the facets of *order*."""
        self._table = table
        self._order = order
        self._view = view
        self._fixed = fixed or {}
        self._selection = order.select({}) if selection is None else selection

    def __len__(self) -> int:
        return len(self._selection)

    def views(self, start: int, count: int) -> Sequence[A]:
        """The answers of so many records from place *start* on."""
        return [self._view(self._table[record_id]) for record_id in self._selection.ids(start, count)]

    def place_of(self, record_id: str) -> int | None:
        """The place of the record; None if it is not in the list."""
        record = self._table.get(record_id)
        return None if record is None else self._selection.place_of(key_of(record_id, record))

    def matching(self, wanted: Wanted) -> Listing[A]:
        """Those whose fields have one of the *wanted* values each: facets, or fixed ones."""
        if any(text_of(value) not in wanted.get(field, {text_of(value)}) for field, value in self._fixed.items()):
            return FewRecords([])
        selection = self._order.select(wanted)
        return OrderedRecords(self._table, self._order, self._view, fixed=self._fixed, selection=selection)


def matches(wanted: Wanted, value_of: Callable[[str], object]) -> bool:
    """True if each of the *wanted* fields has one of its values; *value_of* returns a field's value."""
    return all(text_of(value_of(field)) in values for field, values in wanted.items())
