"""The audit record: who changed what of a tenant's configuration, from where, and what it was before and after."""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA_VERSION = 1


class AuditedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One record that was written or deleted. Secrets are ``***``, long values are cut."""

    kind: str
    """The kind of record that was changed, as its Redis hash is called: ``clients``."""
    id: str
    before: dict[str, Any] | None = None
    """None: it was created. Of a change, only the fields that differ are in *before* and *after*."""
    after: dict[str, Any] | None = None
    """None: it was deleted."""


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One management call that changed something or was refused; or what a gateway changed by itself.

    Of the latter, *client_id*, *ip*, *method* and *path* are empty, and *user_agent* names its host.
    """

    at_ms: int
    tenant: str
    """The tenant that was changed; an operator's own record tells of other tenants."""
    client_id: str
    client_name: str = ""
    ip: str = ""
    user_agent: str = ""
    method: str = ""
    path: str = ""
    changes: list[AuditedChange] = []
    status: int | None = None
    """Of a refused call: the status that it got."""
    error: str = ""
    schema: int = SCHEMA_VERSION
    more_like_it: int = 0
    """Of a refused call: how many more of its client there were since the last that is kept, which are not."""
