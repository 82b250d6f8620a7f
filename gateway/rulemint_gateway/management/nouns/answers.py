"""Answers as types: use cases return them, and the OpenAPI document describes them."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339, in UTC, with ms."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer with these fields and no others."""


class Nothing(Answer, frozen=True, kw_only=True):
    """An empty object."""


def shown_field(answer: msgspec.Struct, name: str) -> object:
    """Return the field that JSON calls *name*; None if *answer* does not show it."""
    value = getattr(answer, _attributes(type(answer)).get(name, ""), None)
    return None if value is UNSET else value


@cache
def _attributes(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return the names in JSON, each with the attribute's."""
    return dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
