"""Places the fields of a noun's bodies: in which record each is stored, and under which name.

A use case takes them from here, so it need not name them. A body's field without a place fails at import.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

NOTHING: Mapping[str, str] = {}


class Placement:
    """The records of a noun, and the fields that each takes from a body."""

    def __init__(
        self,
        *bodies: type[msgspec.Struct],
        into: Collection[type[msgspec.Struct]],
        renamed: Mapping[str, str] = NOTHING,
        kept: type[msgspec.Struct] | None = None,
        apart: Collection[str] = (),
    ) -> None:
        """Place the fields of all *bodies*.

        Args:
            bodies: The types of POST and PATCH.
            into: The records. A field goes into the first that has its name.
            renamed: Fields of a body that a record calls otherwise.
            kept: The fields that are stored together, as they came (`kept_fields`).
            apart: What the use case treats itself.

        Raises:
            TypeError: a field has no place.
        """
        elsewhere = {*apart, *(() if kept is None else kept.__struct_fields__)}
        self._into: dict[type[msgspec.Struct], dict[str, str]] = {record: {} for record in into}
        for body in bodies:
            for name in body.__struct_fields__:
                if name not in elsewhere:
                    stored = renamed.get(name, name)
                    record = next((each for each in into if stored in each.__struct_fields__), None)
                    if record is None:
                        records = " or ".join(each.__name__ for each in into)
                        raise TypeError(f"{body.__name__}.{name} is stored nowhere: add it to {records}")
                    self._into[record][name] = stored

    def fields(self, record: type[msgspec.Struct]) -> tuple[str, ...]:
        """Return the fields of the bodies that are stored in *record*, as the bodies call them."""
        return tuple(self._into[record])

    def given(self, body: msgspec.Struct, record: type[msgspec.Struct]) -> dict[str, Any]:
        """Return what *body* says for *record*, by the names of the record."""
        values = {stored: getattr(body, name, UNSET) for name, stored in self._into[record].items()}
        return {name: value for name, value in values.items() if value is not UNSET}
