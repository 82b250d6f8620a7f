"""An entry of the tenant log in Auth0's shape, and how much of an answer the lines of its entries may take."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.stores.traffic.log_store import LogEntry
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.audit import AuditRecord
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import Level, LogLine

MAX_LINES_BYTES = 8 * 1024 * 1024
"""As JSON. One entry's may be a quarter of a megabyte, and six times that if all of it must be escaped."""
LEAST_BYTES = 70
"""Of a line besides its message."""
_ISSUED = 200
_BY_ITSELF = "changed by the gateway itself"
_ENCODER = msgspec.json.Encoder()
_moment = lru_cache(maxsize=256)(rfc3339_ms)


class _LineView(msgspec.Struct, gc=False):
    """As `GET /logs` shows it, without what its entry says already."""

    ts: str
    level: Level
    message: str
    rule: str
    version: int


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


class RoomForLines:
    """The room that is left for lines in an answer of many entries."""

    def __init__(self, max_bytes: int = MAX_LINES_BYTES) -> None:
        self._left = max_bytes

    def views_of(self, lines: list[LogLine]) -> list[_LineView] | None:
        """*lines*, if they fit; then there is so much less room."""
        if sum(len(line.message) + LEAST_BYTES for line in lines) > self._left:
            return None  # without making thousands of views first
        views = _views_of(lines)
        size = len(_ENCODER.encode(views))
        if size > self._left:
            return None
        self._left -= size
        return views


def entry_answer(entry: LogEntry, *, hostname: str, room: RoomForLines | None = None) -> LogEntryAnswer:
    """*entry* as it is shown. Without a *room* it has all of its lines, else none if they do not fit."""
    record, log_id = entry.record, entry.place.log_id()
    if isinstance(record, ExchangeRecord):
        return _exchange_answer(log_id, hostname, record, room)
    return _call_answer(log_id, hostname, record)


def _exchange_answer(log_id: str, hostname: str, record: ExchangeRecord, room: RoomForLines | None) -> LogEntryAnswer:
    """``seccft``: success exchange of client credentials for a token; ``feccft``: failed exchange."""
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
        "more_like_it": record.more_like_it or None,
        "total_ms": record.timings.total_ms,
        **_lines_of(log_id, record.lines, room),
        "lines_left_out": record.lines_left_out or None,
    }
    return LogEntryAnswer(
        log_id=log_id,
        id=log_id,
        date=rfc3339_ms(record.started_at_ms),
        type="seccft" if record.status == _ISSUED else "feccft",
        description=_with_more(record.error_description or "", record.more_like_it),
        client_id=record.client_id or "",
        client_name=record.client_name or "",
        ip=record.ip,
        user_agent=record.user_agent,
        hostname=hostname,
        is_mobile=False,
        audience=record.audience or "",
        scope=" ".join(record.scope_granted or record.scope_asked),
        details={name: value for name, value in details.items() if value is not None},
    )


def _with_more(text: str, more: int) -> str:
    """*text*, and for how many refusals that are not kept it stands."""
    return f"{text} (and {more:,} more like it)" if more else text


def _lines_of(log_id: str, lines: list[LogLine], room: RoomForLines | None) -> dict[str, object]:
    views = _views_of(lines) if room is None else room.views_of(lines)
    if views is not None:
        return {"lines": views}
    message = f"GET /api/v2/logs/{log_id} has them: the lines of an answer may take {MAX_LINES_BYTES // 2**20} MiB"
    return {"lines": [], "lines_not_shown": {"count": len(lines), "message": message}}


def _views_of(lines: list[LogLine]) -> list[_LineView]:
    return [_LineView(_moment(line.ts_ms), line.level, line.message, line.rule, line.version) for line in lines]


def _call_answer(log_id: str, hostname: str, record: AuditRecord) -> LogEntryAnswer:
    """``sapi``: a management call that changed something, or a gateway by itself; ``fapi``: one that was refused."""
    details: dict[str, Any] = {"request": {"method": record.method, "path": record.path}}
    if record.status is None:
        details |= {"tenant": record.tenant, "changes": msgspec.to_builtins(record.changes)}
    else:
        details["response"] = {"statusCode": record.status, "message": record.error}
        if record.more_like_it:
            details["more_like_it"] = record.more_like_it
    what = record.error or f"{record.method} {record.path}".strip() or _BY_ITSELF
    return LogEntryAnswer(
        log_id=log_id,
        id=log_id,
        date=rfc3339_ms(record.at_ms),
        type="sapi" if record.status is None else "fapi",
        description=_with_more(what, record.more_like_it),
        client_id=record.client_id,
        client_name=record.client_name,
        ip=record.ip,
        user_agent=record.user_agent,
        hostname=hostname,
        is_mobile=False,
        details=details,
    )
