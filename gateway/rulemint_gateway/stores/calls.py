"""The management call under way.

It goes beside the use cases in a context variable, not through them: so none of them can forget whose change it is.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Call:
    """One call, from the moment that its bearer token was found good."""

    tenant: str
    client_id: str


CALL: ContextVar[Call | None] = ContextVar("call", default=None)
"""None where nobody called: at the start of a gateway."""
