"""What the types of answers share: they describe what the views beside them make, for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339, in UTC, with ms."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer with these fields and no others."""


class Nothing(Answer, frozen=True, kw_only=True):
    """An empty object."""
