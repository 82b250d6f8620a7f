"""Define what gateways tell each other of a change. New fields go last and have defaults; types never change."""

from __future__ import annotations

import msgspec


class ChangedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record that was written or deleted."""

    kind: str
    id: str


class ConfigChange(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that made the configuration's revision *revision*: one transaction of one tenant."""

    revision: int
    tenant: str
    records: list[ChangedRecord]
    mark: str = ""
    """Random: a server that took over from another may count another change by the same number."""
    left_out: bool = False
    """There are too many *records* to keep, so that none are named."""
