"""The messages about loading a version that is not stored yet. New fields go last, with defaults."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rulemint_shared.contract.messages import MAX_DETAIL, FailureReason
from rulemint_shared.contract.records import RuleVersion

LOAD_WITHIN_S = 10.0
"""A host may take so long to become its rule, packages included. It is apart from the rule's own limit of time."""


class LoadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Load this version in a fresh host, and do not run its function."""

    tenant: Annotated[str, Meta(max_length=63)]
    """The tenant whose turn it takes."""
    name: Annotated[str, Meta(max_length=100)]
    """The rule's name, from which its errors have the name of its file."""
    text: RuleVersion
    deadline_ms: Annotated[int, Meta(ge=0)] = 0
    """Nobody waits for the answer after it, in ms since 1970."""


class Loads(msgspec.Struct, frozen=True, kw_only=True, tag="loads"):
    """The version loads."""


class DoesNotLoad(msgspec.Struct, frozen=True, kw_only=True, tag="does-not-load"):
    """The version does not load; *detail* is for its author and begins with file, line and column if they are known."""

    reason: FailureReason
    detail: Annotated[str, Meta(max_length=MAX_DETAIL)]


class NotTried(msgspec.Struct, frozen=True, kw_only=True, tag="not-tried"):
    """Nobody knows whether the version loads, because of *why*. It is no fault of the version."""

    why: Annotated[str, Meta(max_length=MAX_DETAIL)]


LoadAnswer = Loads | DoesNotLoad | NotTried
