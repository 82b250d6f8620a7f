"""From Redis to records: one, some, or the whole configuration.

All of it is read in slices. After each the loop may do something else, so that tokens are issued meanwhile from what
was read before. The server is asked for the next slice while this one is decoded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog
from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from rulemint_gateway.stores.tables import TENANTS, Table
from rulemint_gateway.stores.tenant_config import CATALOGUED, TenantConfig
from rulemint_shared import codecs
from rulemint_shared.background import cancel

log = structlog.get_logger(__name__)

FIELDS_AT_ONCE = 1_000
"""Of one hash; the server does nothing else meanwhile, for half a millisecond."""
HASHES_AT_ONCE = 16
TAKEN_AT_ONCE = 100
"""Records before the loop may do something else: a fifth of a millisecond."""
_ALL = "all of them"


@dataclass
class _Scan:
    """A hash that is read, and how far."""

    config: TenantConfig
    table: Table[Any]
    cursor: int = 0

    @property
    def name(self) -> str:
        return self.table.key(self.config.tenant.name)


_Reply = tuple[int, dict[bytes, bytes]]


async def read_everything(redis: ArqRedis) -> dict[str, TenantConfig]:
    """The configuration of all tenants, by name; what is damaged is named in the log and left out.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    tenants: dict[str, TenantConfig] = {}
    async for record in _read_tenants(redis):
        tenants[record.name] = TenantConfig(record)
    scans = [_Scan(config, table) for config in tenants.values() for table in CATALOGUED]
    async for scan, found in _read_hashes(redis, scans):
        await _take(scan, found)
    return tenants


async def _read_tenants(redis: ArqRedis) -> AsyncIterator[Any]:
    try:
        async for field, data in redis.hscan_iter(TENANTS.key(""), count=FIELDS_AT_ONCE):
            record = decoded(TENANTS, "", field.decode(errors="replace"), data)
            if record is not None:
                yield record
    except ResponseError as error:
        check_is_of_another_type(error, TENANTS.key(""))


async def _read_hashes(redis: ArqRedis, scans: Iterable[_Scan]) -> AsyncIterator[tuple[_Scan, dict[bytes, bytes]]]:
    """Parts of the hashes of *scans*, each while the next ones are asked for."""
    waiting = deque(scans)
    asked = _some_of(waiting)
    asking = asyncio.create_task(_ask(redis, asked))
    try:
        while asked:
            answered = list(zip(asked, await asking, strict=True))
            parts = [(scan, reply) for scan, reply in answered if not _is_of_another_type(scan, reply)]
            for scan, (cursor, _found) in parts:
                if cursor:
                    waiting.append(_Scan(scan.config, scan.table, cursor))
            asked = _some_of(waiting)
            asking = asyncio.create_task(_ask(redis, asked))
            for scan, (_cursor, found) in parts:
                yield scan, found
    finally:
        await cancel([asking])


def _some_of(waiting: deque[_Scan]) -> list[_Scan]:
    return [waiting.popleft() for _ in range(min(HASHES_AT_ONCE, len(waiting)))]


async def _ask(redis: ArqRedis, scans: list[_Scan]) -> list[Any]:
    async with redis.pipeline(transaction=False) as pipe:
        for scan in scans:
            pipe.hscan(scan.name, scan.cursor, count=FIELDS_AT_ONCE)
        replies: list[Any] = await pipe.execute(raise_on_error=False)
        return replies


def _is_of_another_type(scan: _Scan, reply: _Reply | Exception) -> bool:
    """Whether the hash is none, so that nobody knows what was in it.

    Raises:
        RedisError: the *reply* is another error.
    """
    if not isinstance(reply, Exception):
        return False
    check_is_of_another_type(reply, scan.name)
    scan.config.note_unreadable(scan.table, _ALL)
    return True


def check_is_of_another_type(error: Exception, name: str) -> None:
    """Say in the log that *name* is no hash, so its records are left out.

    Raises:
        Exception: it is another *error*.
    """
    if not str(error).startswith("WRONGTYPE"):
        raise error
    log.warning("left out records of a key of another type", name=name)


async def _take(scan: _Scan, found: dict[bytes, bytes]) -> None:
    fields = iter(found.items())
    while some := list(islice(fields, TAKEN_AT_ONCE)):
        scan.config.put_all(scan.table, _decoded_all(scan, some))
        await asyncio.sleep(0)


def _decoded_all(scan: _Scan, fields: list[tuple[bytes, bytes]]) -> list[tuple[Any, bytes]]:
    """The records of *fields*, each with its encoding, without those that are malformed."""
    decode = scan.table.codec.decode
    try:
        return [(decode(data), data) for _field, data in fields]
    except codecs.DecodeError:
        pass  # one of them is: which, and why?
    stored = []
    for field, data in fields:
        record_id = field.decode(errors="replace")
        record = decoded(scan.table, scan.config.tenant.name, record_id, data)
        if record is None:
            scan.config.note_unreadable(scan.table, record_id)
        else:
            stored.append((record, data))
    return stored


async def read_record(redis: ArqRedis, table: Table[Any], tenant: str, record_id: str) -> Any:
    """One record straight from Redis; None where there is none or it is malformed."""
    data = await redis.hget(table.key(tenant), record_id)  # type: ignore[misc]  # redis-py's stub is not async here
    return decoded(table, tenant, record_id, data)


async def read_records(redis: ArqRedis, table: Table[Any], tenant: str, record_ids: list[str]) -> list[Any]:
    """The records of *record_ids*, in one round trip; None where `read_record` would say so."""
    if not record_ids:
        return []
    found = await redis.hmget(table.key(tenant), record_ids)  # type: ignore[misc]  # as above
    return [decoded(table, tenant, record_id, data) for record_id, data in zip(record_ids, found, strict=True)]


def decoded(table: Table[Any], tenant: str, record_id: str, data: bytes | None) -> Any:
    """The record that *data* is; None if there is none, or if it is malformed, which the log says."""
    if data is None:
        return None
    try:
        return table.codec.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed record", kind=table.kind, tenant=tenant, id=record_id, error=str(error))
        return None
