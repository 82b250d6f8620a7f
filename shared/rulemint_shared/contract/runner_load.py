"""Define what a runner says of itself while it is alive."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

MAX_QUEUE_SHARDS = 48
_Count = Annotated[int, Meta(ge=0, le=10_000_000)]


class RunnerLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The work of a runner at one moment."""

    hosts: _Count
    """Rule hosts, idle ones too; the blank spares are not among them."""
    busy_hosts: _Count
    invocations: _Count
    """Under way."""
    lost_log_records: Annotated[int, Meta(ge=0)] = 0
    """Since it began."""
    queue_shards: Annotated[int, Meta(ge=1, le=MAX_QUEUE_SHARDS)] = 1
    """Of the queue, so many of which it serves."""
