"""Lists of records: how long they are, and the answers of the few that stand on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from rulemint_gateway.stores.packed_table import PackedTable
from rulemint_gateway.stores.record_order import RecordOrder, Selection, Wanted, key_of, text_of

R = TypeVar("R")
View = dict[str, Any]


class Listing(Protocol):
    """Records in a stable order."""

    def __len__(self) -> int: ...

    def views(self, start: int, count: int) -> list[View]:
        """The answers of so many records from place *start* on; fewer at the end."""
        ...

    def place_of(self, record_id: str) -> int | None:
        """Where the record is; None if it is not in the list."""
        ...

    def matching(self, wanted: Wanted) -> Listing:
        """Those whose fields have one of the *wanted* values each."""
        ...


class FewRecords:
    """A list of answers that are all made: there are thousands at most."""

    def __init__(self, views: Sequence[View], *, id_field: str = "id") -> None:
        self._views = views
        self._id_field = id_field

    def __len__(self) -> int:
        return len(self._views)

    def views(self, start: int, count: int) -> list[View]:
        """So many of them."""
        return list(self._views[start : start + count])

    def place_of(self, record_id: str) -> int | None:
        """Where the record is; None if it is not in the list."""
        return next((place for place, view in enumerate(self._views) if view.get(self._id_field) == record_id), None)

    def matching(self, wanted: Wanted) -> FewRecords:
        """Those whose fields have one of the *wanted* values each."""
        return FewRecords(matching(self._views, wanted), id_field=self._id_field)


class OrderedRecords(Generic[R]):
    """A list out of very many records: only those that are asked for are made into answers."""

    def __init__(
        self,
        table: PackedTable[R],
        order: RecordOrder,
        view: Callable[[R], View],
        *,
        fixed: Mapping[str, object] | None = None,
        selection: Selection | None = None,
    ) -> None:
        """*fixed* are fields that have the same value in all records, beside the facets of *order*."""
        self._table = table
        self._order = order
        self._view = view
        self._fixed = fixed or {}
        self._selection = order.select({}) if selection is None else selection

    def __len__(self) -> int:
        return len(self._selection)

    def views(self, start: int, count: int) -> list[View]:
        """The answers of so many records from place *start* on."""
        return [self._view(self._table[record_id]) for record_id in self._selection.ids(start, count)]

    def place_of(self, record_id: str) -> int | None:
        """Where the record is; None if it is not in the list."""
        record = self._table.get(record_id)
        return None if record is None else self._selection.place_of(key_of(record_id, record))

    def matching(self, wanted: Wanted) -> Listing:
        """Those whose fields have one of the *wanted* values each: facets, or fixed ones."""
        if any(text_of(value) not in wanted.get(field, {text_of(value)}) for field, value in self._fixed.items()):
            return FewRecords([])
        selection = self._order.select(wanted)
        return OrderedRecords(self._table, self._order, self._view, fixed=self._fixed, selection=selection)


def matching(views: Sequence[View], wanted: Wanted) -> list[View]:
    """The *views* whose fields have one of the *wanted* values each."""
    return [view for view in views if all(text_of(view.get(field)) in values for field, values in wanted.items())]
