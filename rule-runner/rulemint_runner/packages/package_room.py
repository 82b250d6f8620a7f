"""Bound the room of all package sets in Redis: whose they are, and which of them nobody needs any more.

A list of the sets is kept with them. A set that no rule version names, and that nobody asked for lately, makes room
once there is none. What is read for that is every rule version, so it is done then and no sooner.
"""

from __future__ import annotations

import msgspec
import structlog

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

MIB = 1024 * 1024
DEFAULT_BYTES = 256 * MIB
UNUSED_S = 2 * 3_600
"""An answer is remembered for an hour, and the version that names its set is written right after it."""
_VERSIONS_AT_ONCE = 20


class NoPackageRoomError(Exception):
    """There is no room for a set; the text says what to do."""


class KeptPackages(msgspec.Struct, frozen=True, array_like=True):
    """The record of one set. New fields go last, with defaults."""

    size: int
    used_s: int
    """The time at which somebody was given its name, in seconds since 1970."""
    tenant: str = ""
    """The tenant that asked for it first."""


_decoder = msgspec.msgpack.Decoder(KeptPackages)


class PackageRoom:
    """The room of all package sets. A tenant's may take as much as they leave to those of the others."""

    def __init__(self, redis: RedisClient, *, max_bytes: int = DEFAULT_BYTES) -> None:
        self._redis = redis
        self._max_bytes = max_bytes

    async def use(self, name: str) -> None:
        """Note that somebody was given the set *name*."""
        known = await self._redis.hget(redis_keys.PACKAGE_SETS, name)  # type: ignore[misc]  # as below
        if known is not None:
            await self._note({name: msgspec.structs.replace(_decoder.decode(known), used_s=_now_s())})

    async def make(self, name: str, size: int, tenant: str) -> None:
        """Make room for the set *name* of *tenant*, and note that it takes *size* bytes.

        Raises:
            NoPackageRoomError: there is none.
        """
        kept = await self._kept()
        kept.pop(name, None)
        why = self._why_not(kept, size, tenant)
        if why is not None:
            kept = await self._without_unused(kept)
            why = self._why_not(kept, size, tenant)
        if why is not None:
            raise NoPackageRoomError(why)
        await self._note({name: KeptPackages(size, _now_s(), tenant)})

    async def _note(self, entries: dict[str, KeptPackages]) -> None:
        encoded = {name: msgspec.msgpack.encode(entry) for name, entry in entries.items()}
        await self._redis.hset(redis_keys.PACKAGE_SETS, mapping=encoded)  # type: ignore[misc]  # redis-py's stub is not async here

    def _why_not(self, kept: dict[str, KeptPackages], size: int, tenant: str) -> str | None:
        everybody_s = sum(each.size for each in kept.values()) + size
        tenant_s = sum(each.size for each in kept.values() if each.tenant == tenant) + size
        limit = f"{self._max_bytes // MIB} MiB for the packages of all tenants (RULEMINT_PACKAGES_MB)"
        if everybody_s > self._max_bytes:
            return f"there is no room left of {limit}: ask your operator"
        if tenant_s > self._max_bytes - (everybody_s - tenant_s) - tenant_s:
            return (
                f"this tenant's packages have as much as they leave to those of others, of {limit}: delete rules whose "
                "packages you do not need, or ask your operator"
            )
        return None

    async def _kept(self) -> dict[str, KeptPackages]:
        found = await self._redis.hgetall(redis_keys.PACKAGE_SETS)  # type: ignore[misc]  # as above
        if found:
            return {name.decode(): _decoder.decode(entry) for name, entry in found.items()}
        return await self._adopted()

    async def _adopted(self) -> dict[str, KeptPackages]:
        """The sets that were there before there was a list of them: nobody's, and never used."""
        pattern = redis_keys.packages("*")
        names = [redis_keys.packages_name(key.decode()) async for key in self._redis.scan_iter(pattern, count=1_000)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.strlen(redis_keys.packages(name))
            sizes = await pipe.execute()
        kept = {name: KeptPackages(size, 0) for name, size in zip(names, sizes, strict=True)}
        if kept:
            await self._note(kept)
        return kept

    async def _without_unused(self, kept: dict[str, KeptPackages]) -> dict[str, KeptPackages]:
        """*kept* without what no rule version names and nobody asked for lately, which is deleted."""
        before = _now_s() - UNUSED_S
        old = {name for name, entry in kept.items() if entry.used_s < before}
        try:
            unused = old - await self._named() if old else set()
        except codecs.DecodeError as error:
            log.warning("no packages make room: a rule version cannot be read", error=str(error))
            return kept
        if unused:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name in unused:
                    pipe.delete(redis_keys.packages(name))
                await pipe.execute()
            await self._redis.hdel(redis_keys.PACKAGE_SETS, *unused)  # type: ignore[misc]  # as above
            log.info("deleted packages that no rule uses", sets=len(unused))
        return {name: entry for name, entry in kept.items() if name not in unused}

    async def _named(self) -> set[str]:
        """The sets that rule versions name, of all tenants."""
        named = set()
        for tenant in await self._redis.hkeys(redis_keys.TENANTS):  # type: ignore[misc]  # as above
            versions = redis_keys.rule_versions(tenant.decode())
            async for _, version in self._redis.hscan_iter(versions, count=_VERSIONS_AT_ONCE):
                named.add(codecs.rule_version.decode(version).packages)
        return named


def _now_s() -> int:
    return unix_ms() // 1000
