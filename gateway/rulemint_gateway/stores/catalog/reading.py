"""From Redis to records: one, some, or the whole configuration.

All of it is read in slices. After each the loop may do something else, so that tokens are issued from the old records
until then. The server is asked for the next slice while this one is looked at. Records that are in memory already are
only compared, and those that differ are put there in the end.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import structlog
from redis.exceptions import ResponseError

from rulemint_gateway.stores.catalog.slices import Slices, give_way
from rulemint_gateway.stores.catalog.tables import RULES, TENANTS, Table
from rulemint_gateway.stores.catalog.tenant_config import CATALOGUED, TenantConfig
from rulemint_shared.contract import codecs
from rulemint_shared.contract.records import Tenant
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

FIELDS_AT_ONCE = 1_000
"""Of one hash; the server does nothing else for that half a millisecond."""
HASHES_AT_ONCE = 16
TAKEN_AT_ONCE = 1_000
"""A slice of a millisecond or two."""
HELD_AT_ONCE = 20_000
SHOWN_AT_ONCE = 1_000
"""Records of which nobody sees some without the others."""
_ALL = "all of them"


@dataclass
class _Scan:
    """A hash that is read: how far, and what was found otherwise than in memory."""

    config: TenantConfig
    table: Table[Any]
    is_known: bool
    """Somebody reads the tenant at the same time, so nothing may change before the end."""
    cursor: int = 0
    is_begun: bool = False
    unseen: dict[str, bytes] = field(default_factory=dict)
    """The records in memory that were not found yet."""
    changed: list[tuple[Any, bytes]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.table.key(self.config.tenant.name)

    async def begin(self, slices: Slices) -> None:
        """Look up what there should be, once."""
        if not self.is_known or self.is_begun:
            return
        self.is_begun = True
        held = iter(self.config.stored(self.table).items())
        while some := dict(islice(held, HELD_AT_ONCE)):
            self.unseen |= some
            await slices.count(len(some) * TAKEN_AT_ONCE // HELD_AT_ONCE)

    def take(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Note what is new in *fields*, at once where nobody reads."""
        if not self.is_known:
            self.config.put_all(self.table, self._decoded(fields))
            return
        differing = []
        for name, data in fields:
            record_id = name.decode(errors="replace")
            if self.unseen.get(record_id) == data:
                del self.unseen[record_id]
            else:
                differing.append((name, data))
        found = self._decoded(differing)
        for record, _data in found:
            self.unseen.pop(self.table.id_of(record), None)
        self.changed += found

    def _decoded(self, fields: list[tuple[bytes, bytes]]) -> list[tuple[Any, bytes]]:
        """The records of *fields*, each with its encoding, without those that are malformed."""
        encoded = [data for _name, data in fields]
        try:
            return list(zip(self.table.codec.decode_all(encoded), encoded, strict=True))
        except codecs.DecodeError:
            pass  # one of them is: which, and why?
        stored = []
        for name, data in fields:
            record_id = name.decode(errors="replace")
            record = decoded(self.table, self.config.tenant.name, record_id, data)
            if record is None:
                self.unreadable.append(record_id)
            else:
                stored.append((record, data))
        return stored

    async def show(self) -> None:
        """Have memory show what was found: all at once, but for very much of it."""
        config, table = self.config, self.table
        if table is RULES:
            config.unreadable_rules.clear()
        for place, record_id in enumerate(self.unseen, 1):
            config.remove(table, record_id)
            if place % SHOWN_AT_ONCE == 0:
                await give_way()
        for start in range(0, len(self.changed), SHOWN_AT_ONCE):
            if start:
                await give_way()
            config.put_all(table, self.changed[start : start + SHOWN_AT_ONCE])
        for record_id in self.unreadable:
            config.note_unreadable(table, record_id)


async def read_everything(redis: RedisClient, known: Mapping[str, TenantConfig]) -> dict[str, TenantConfig]:
    """The configuration of all tenants, by name; what is damaged is named in the log and left out.

    Tenants that are *known* stay what they are until all was read, and then become what they should be.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    records = [record async for record in _read_tenants(redis)]
    kept = {record.name: known[record.name] for record in records if _is_known(record, known)}
    tenants = {record.name: kept.get(record.name) or TenantConfig(record) for record in records}
    slices = Slices(TAKEN_AT_ONCE)
    scans = [_Scan(config, table, name in kept) for name, config in tenants.items() for table in CATALOGUED]
    await give_way()
    async for scan, found in _read_hashes(redis, scans):
        await scan.begin(slices)
        fields = iter(found.items())
        while some := list(islice(fields, TAKEN_AT_ONCE)):
            scan.take(some)
            await (slices.count(len(some)) if known else asyncio.sleep(0))  # at the start nobody waits
    for scan in scans:
        await scan.begin(slices)  # a hash of another type was not read at all
    scans.sort(key=lambda scan: scan.table is not RULES)
    await give_way()
    for record in records:
        tenants[record.name].tenant = record
    for scan in scans:
        await scan.show()
    return tenants


def _is_known(record: Tenant, known: Mapping[str, TenantConfig]) -> bool:
    return record.name in known and known[record.name].is_of(record)


_Reply = tuple[int, dict[bytes, bytes]]


async def _read_tenants(redis: RedisClient) -> AsyncIterator[Tenant]:
    try:
        async for field, data in redis.hscan_iter(TENANTS.key(""), count=FIELDS_AT_ONCE):
            record = decoded(TENANTS, "", field.decode(errors="replace"), data)
            if record is not None:
                yield record
    except ResponseError as error:
        check_is_of_another_type(error, TENANTS.key(""))


async def _read_hashes(redis: RedisClient, scans: Iterable[_Scan]) -> AsyncIterator[tuple[_Scan, dict[bytes, bytes]]]:
    """Parts of the hashes of *scans*, each while the next ones are asked for."""
    waiting = deque(scans)
    asked = _some_of(waiting)
    asking = asyncio.create_task(_ask(redis, asked))
    try:
        while asked:
            answered = list(zip(asked, await asking, strict=True))
            parts = [(scan, reply) for scan, reply in answered if not _is_of_another_type(scan, reply)]
            for scan, (cursor, _found) in parts:
                scan.cursor = cursor
                if cursor:
                    waiting.append(scan)
            asked = _some_of(waiting)
            asking = asyncio.create_task(_ask(redis, asked))
            for scan, (_cursor, found) in parts:
                yield scan, found
    finally:
        await cancel([asking])


def _some_of(waiting: deque[_Scan]) -> list[_Scan]:
    return [waiting.popleft() for _ in range(min(HASHES_AT_ONCE, len(waiting)))]


async def _ask(redis: RedisClient, scans: list[_Scan]) -> list[Any]:
    async with redis.pipeline(transaction=False) as pipe:
        for scan in scans:
            pipe.hscan(scan.name, scan.cursor, count=FIELDS_AT_ONCE)
        replies: list[Any] = await pipe.execute(raise_on_error=False)
        return replies


def _is_of_another_type(scan: _Scan, reply: _Reply | Exception) -> bool:
    """True if the *reply* says that the key is no hash, so that nobody knows what was in it.

    Raises:
        RedisError: the *reply* is another error.
    """
    if not isinstance(reply, Exception):
        return False
    check_is_of_another_type(reply, scan.name)
    scan.unreadable.append(_ALL)
    return True


def check_is_of_another_type(error: Exception, name: str) -> None:
    """Say in the log that *name* is no hash, so its records are left out.

    Raises:
        Exception: it is another *error*.
    """
    if not str(error).startswith("WRONGTYPE"):
        raise error
    log.warning("left out records of a key of another type", name=name)


async def read_record(redis: RedisClient, table: Table[Any], tenant: str, record_id: str) -> Any:
    """One record straight from Redis; None where there is none or it is malformed."""
    data = await redis.hget(table.key(tenant), record_id)  # type: ignore[misc]  # redis-py's stub is not async here
    return decoded(table, tenant, record_id, data)


async def read_records(redis: RedisClient, table: Table[Any], tenant: str, record_ids: list[str]) -> list[Any]:
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
