"""A change of the configuration → its audit record: what differs, with secrets masked and long values cut.

Secrets that a text spells, a rule's say, are masked in what is left of it.

What was cut ends with `CUT` and how long it was: a text, a list, and a dictionary, whose last name is `CUT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import structlog

from rulemint_gateway.stores.catalog.tables import Table
from rulemint_gateway.stores.writing.calls import Call
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs
from rulemint_shared.contract.audit import AuditedChange, AuditRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.secrets.masking import CUT, MASK, masked, masked_text

log = structlog.get_logger(__name__)

MAX_TEXT = 2_048
MAX_ITEMS = 100
MAX_CHANGES = 200
"""Of one record; a call that changes more has several."""
READ_AT_ONCE = 100
"""Rule texts are long, and of what is audited only their beginning is kept."""
_FREE_FIELDS = ("kept", "metadata")
"""Dictionaries whose names their author chose; all other secrets are bytes."""


def audit_records(call: Call, tenant: str, changes: Sequence[AuditedChange]) -> Iterator[AuditRecord]:
    """The records of all that *call* has changed in *tenant*: one record, or several of the same moment."""
    origin = _origin(call)
    for start in range(0, max(len(changes), 1), MAX_CHANGES):
        yield AuditRecord(tenant=tenant, changes=list(changes[start : start + MAX_CHANGES]), **origin)


def refusal_record(call: Call, *, status: int, error: str) -> AuditRecord:
    """The record of *call* that was refused, in the tenant that it asked."""
    return AuditRecord(tenant=call.tenant, status=status, error=_cut(error), **_origin(call))


def audited_change(table: Table[Any], record_id: str, before: Any, after: Any) -> AuditedChange:
    """The change of one record; *before* and *after* are None where there was no record then."""
    old, new = _plain(before), _plain(after)
    if old is not None and new is not None:
        same = {name for name in old if name in new and old[name] == new[name]}
        changed_secrets = {name for name in same if getattr(before, name) != getattr(after, name)}
        old, new = ({n: v for n, v in each.items() if n not in same - changed_secrets} for each in (old, new))
    return AuditedChange(kind=table.kind, id=record_id, before=_cut(old), after=_cut(new))


async def audited_changes(
    redis: RedisClient, tenant: str, puts: Sequence[tuple[Table[Any], Any]], deletes: Iterable[tuple[Table[Any], str]]
) -> list[AuditedChange]:
    """Each record before and after; true if the transaction succeeds, since every write raises the revision."""
    after = [(table, table.id_of(record), record) for table, record in puts]
    after += [(table, record_id, None) for table, record_id in deletes]
    audited: list[AuditedChange] = []
    for start in range(0, len(after), READ_AT_ONCE):
        part = after[start : start + READ_AT_ONCE]
        async with redis.pipeline(transaction=False) as pipe:
            for table, record_id, _record in part:
                pipe.hget(table.key(tenant), record_id)
            stored = await pipe.execute()
        audited += [
            audited_change(table, record_id, _decoded(table, data), record)
            for (table, record_id, record), data in zip(part, stored, strict=True)
            if data is not None or record is not None
        ]
    return audited


def _decoded(table: Table[Any], data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return table.codec.decode(data)
    except codecs.DecodeError as error:
        log.warning("overwrote a malformed record", kind=table.kind, error=str(error))
        return None


def _origin(call: Call) -> dict[str, Any]:
    return {
        "at_ms": unix_ms(),
        "client_id": call.client_id,
        "client_name": call.client_name,
        "ip": call.ip,
        "user_agent": call.user_agent,
        "method": call.method,
        "path": _cut(call.path),
    }


def _plain(record: Any) -> dict[str, Any] | None:
    """The record as a dictionary, secrets masked."""
    if record is None:
        return None
    fields: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(bytes,))
    return {name: masked(value) if name in _FREE_FIELDS else _without_bytes(value) for name, value in fields.items()}


def _without_bytes(value: Any) -> Any:
    """*value*, whose names are ours: what is secret in it is bytes."""
    if isinstance(value, bytes):
        return MASK
    if isinstance(value, dict):
        return {name: _without_bytes(item) for name, item in value.items()}
    return [_without_bytes(item) for item in value] if isinstance(value, list | tuple) else value


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        shown = masked_text(value[:MAX_TEXT])
        return shown if len(value) <= MAX_TEXT else f"{shown}{CUT} ({len(value)} characters)"
    if isinstance(value, dict):
        more = {CUT: f"({len(value)} names)"} if len(value) > MAX_ITEMS else {}
        return {name: _cut(item) for name, item in list(value.items())[:MAX_ITEMS]} | more
    if isinstance(value, list):
        rest = [f"{CUT} ({len(value)} items)"] if len(value) > MAX_ITEMS else []
        return [_cut(item) for item in value[:MAX_ITEMS]] + rest
    return value
