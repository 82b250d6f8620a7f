"""The last good answer of a flow to one question. It is encrypted before Redis keeps it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rulemint_shared.contract.messages import Granted


class LastAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with its question, so that an answer to another question is never taken for it."""

    tenant: str
    question: str
    """The hash of all that the flow was told."""
    at_ms: Annotated[int, msgspec.Meta(ge=0)]
    """The time at which the flow gave it."""
    granted: Granted
    said: tuple[bytes, ...] = ()
    """The hash of what each rule of the flow said."""
