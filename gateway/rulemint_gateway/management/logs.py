"""The tenant log in Auth0's shape: token requests and management calls, as pages or from a checkpoint on."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.invocations import InvocationFilter
from rulemint_gateway.management.answers import Answer, Moment
from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.log_store import LogEntry, LogStore, Place
from rulemint_shared.audit import AuditRecord
from rulemint_shared.deadline import rfc3339_ms
from rulemint_shared.exchanges import ExchangeRecord
from rulemint_shared.messages import LogLine

PAGED_ENTRIES = 1_000
"""Pages reach so far into the log, filters too; from there on a checkpoint is the way."""
_ISSUED = 200
_BY_ITSELF = "changed by the gateway itself"


class LogEntryAnswer(Answer, frozen=True, kw_only=True):
    """One entry: a token request (``seccft``, ``feccft``), or a change of the configuration (``sapi``, ``fapi``)."""

    log_id: str
    id: str = msgspec.field(name="_id")
    date: Moment
    type: Literal["seccft", "feccft", "sapi", "fapi"]
    description: str
    client_id: str
    client_name: str
    ip: str
    user_agent: str
    hostname: str
    is_mobile: bool = msgspec.field(name="isMobile")
    audience: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    details: dict[str, Any]


class Logs:
    """The use cases of ``/api/v2/logs``."""

    def __init__(self, catalog: Catalog, store: LogStore) -> None:
        self._catalog = catalog
        self._store = store

    async def total(self, tenant: str) -> int:
        """How many entries the log has."""
        return await self._store.total(tenant)

    async def page(self, tenant: str, *, start: int, count: int, newest_first: bool) -> list[dict[str, Any]]:
        """*count* entries from the *start*-th on.

        Raises:
            InvalidBodyError: they are beyond what pages reach.
        """
        _check_reach(start + count)
        entries = await self._store.page(tenant, start=start, count=count, newest_first=newest_first)
        return [self._view(tenant, entry) for entry in entries]

    async def after(self, tenant: str, log_id: str | None, *, count: int) -> list[dict[str, Any]]:
        """The *count* entries that follow the one of *log_id*, oldest first; None: from the oldest on.

        Raises:
            InvalidBodyError: no entry can have that id.
        """
        return [self._view(tenant, entry) for entry in await self._store.after(tenant, _place(log_id), count=count)]

    async def invocations(
        self, tenant: str, log_filter: LogFilter, *, start: int, count: int, newest_first: bool
    ) -> tuple[list[dict[str, Any]], int]:
        """*count* invocations that *log_filter* shows, from the *start*-th on, and how many there are of them.

        Looked for among the first `PAGED_ENTRIES` token requests.

        Raises:
            InvalidBodyError: they are beyond what pages reach.
        """
        _check_reach(start + count)
        wanted = InvocationFilter(log_filter)
        found: list[dict[str, Any]] = []
        looked_at = total = 0
        async for place, record in self._store.exchanges(tenant, newest_first=newest_first):
            if record is not None and wanted.shows(record):
                if start <= total < start + count:
                    found.append(self._view(tenant, LogEntry(place, record)))
                total += 1
            looked_at += 1
            if looked_at == PAGED_ENTRIES:
                break
        return found, total

    async def invocations_after(
        self, tenant: str, log_filter: LogFilter, log_id: str | None, *, count: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """*count* invocations behind the entry of *log_id* that *log_filter* shows, oldest first; and where to go on.

        Looked for among the next `PAGED_ENTRIES` token requests. None: there are no more of them.

        Raises:
            InvalidBodyError: no entry can have that id.
        """
        wanted = InvocationFilter(log_filter)
        found: list[dict[str, Any]] = []
        looked_at = 0
        async for place, record in self._store.exchanges(tenant, newest_first=False, after=_place(log_id)):
            if record is not None and wanted.shows(record):
                found.append(self._view(tenant, LogEntry(place, record)))
            looked_at += 1
            if len(found) == count or looked_at == PAGED_ENTRIES:
                return found, place.log_id()
        return found, None

    async def read(self, tenant: str, log_id: str) -> dict[str, Any]:
        """One entry.

        Raises:
            NotFoundError: it never was, or is no longer kept.
        """
        place = Place.of(log_id)
        entry = await self._store.find(tenant, place) if place else None
        if entry is None:
            raise NotFoundError("log event", code="inexistent_log")
        return self._view(tenant, entry)

    def _view(self, tenant: str, entry: LogEntry) -> dict[str, Any]:
        issuer = urlsplit(self._catalog.tenant(tenant).tenant.issuer)
        record = entry.record
        shown = _exchange_view(record) if isinstance(record, ExchangeRecord) else _call_view(record)
        log_id = entry.place.log_id()
        return {"log_id": log_id, "_id": log_id, "hostname": issuer.netloc, "isMobile": False, **shown}


def _check_reach(end: int) -> None:
    if end > PAGED_ENTRIES:
        message = f"Pages reach the first {PAGED_ENTRIES} entries: use from and take for more"
        raise InvalidBodyError(message, field="page", code="invalid_query_string")


def _place(log_id: str | None) -> Place | None:
    place = None if log_id is None else Place.of(log_id)
    if log_id is not None and place is None:
        raise InvalidBodyError("from must be the log_id of an entry", field="from", code="invalid_query_string")
    return place


def _exchange_view(record: ExchangeRecord) -> dict[str, Any]:
    """``seccft``: success exchange of client credentials for a token; ``feccft``: failed exchange."""
    view: dict[str, Any] = {
        "date": rfc3339_ms(record.started_at_ms),
        "type": "seccft" if record.status == _ISSUED else "feccft",
        "description": record.error_description or "",
        "client_id": record.client_id or "",
        "client_name": record.client_name or "",
        "ip": record.ip,
        "user_agent": record.user_agent,
        "audience": record.audience or "",
        "scope": " ".join(record.scope_granted or record.scope_asked),
    }
    details = {
        "exchange_id": record.id,
        "outcome": record.outcome,
        "status": record.status,
        "error": record.error,
        "jti": record.jti,
        "kid": record.kid,
        "secret_name": record.secret_name,
        "rules": [report.rule for report in record.rules],
        "actions": {"executions": [record.id]} if record.rules else None,
        "total_ms": record.timings.total_ms,
        "lines": [_line_view(line) for line in record.lines],
        "lines_left_out": record.lines_left_out or None,
    }
    return {**view, "details": {name: value for name, value in details.items() if value is not None}}


def _line_view(line: LogLine) -> dict[str, Any]:
    """As `GET /logs` shows it, without what its entry says already."""
    return {
        "ts": rfc3339_ms(line.ts_ms),
        "level": line.level,
        "message": line.message,
        "rule": line.rule,
        "version": line.version,
    }


def _call_view(record: AuditRecord) -> dict[str, Any]:
    """``sapi``: a management call that changed something, or a gateway by itself; ``fapi``: one that was refused."""
    details: dict[str, Any] = {"request": {"method": record.method, "path": record.path}}
    if record.status is None:
        details |= {"tenant": record.tenant, "changes": msgspec.to_builtins(record.changes)}
    else:
        details["response"] = {"statusCode": record.status, "message": record.error}
    return {
        "date": rfc3339_ms(record.at_ms),
        "type": "sapi" if record.status is None else "fapi",
        "description": record.error or f"{record.method} {record.path}".strip() or _BY_ITSELF,
        "client_id": record.client_id,
        "client_name": record.client_name,
        "ip": record.ip,
        "user_agent": record.user_agent,
        "details": details,
    }
