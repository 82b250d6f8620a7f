"""Package sets: kept in Redis by the hash of their bytes, and in memory for as long as hosts keep asking for them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections import OrderedDict

import msgspec

from rulemint_runner.packages.messages import MAX_PLAIN_BYTES
from rulemint_runner.packages.package_room import PackageRoom
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient

MAX_KEPT_BYTES = 64 * 1024 * 1024
_MAX_JSON_BYTES = 3 * MAX_PLAIN_BYTES
"""Texts with their quotes escaped, and compiled code as base64. A larger set is packed, and takes no more."""


class PackagesMissingError(Exception):
    """A rule version names packages that are not there, or not what they were."""


class PackageStore:
    """All package sets; one that has a name never changes."""

    def __init__(self, redis: RedisClient, room: PackageRoom | None = None) -> None:
        self._redis = redis
        self._room = room or PackageRoom(redis)
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def put(self, content: bytes, tenant: str = "") -> str:
        """Keep a compressed package set, which *tenant* asked for; returns its name.

        Raises:
            NoPackageRoomError: there is no room for it.
            RedisError, OSError: it is not kept.
        """
        name = hashlib.sha256(content).hexdigest()
        if await self.has(name):
            return name
        await self._room.make(name, len(content), tenant)
        await self._redis.set(redis_keys.packages(name), content, nx=True)
        return name

    async def has(self, name: str) -> bool:
        """Tell whether there is a set of this name, which the caller may then use."""
        await self._room.use(name)  # first, so that it is not deleted in between
        return bool(await self._redis.exists(redis_keys.packages(name)))

    async def get(self, name: str) -> bytes:
        """The package set *name* as JSON.

        Raises:
            PackagesMissingError: see there.
            RedisError, OSError: Redis does not answer.
        """
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        content = await self._redis.get(redis_keys.packages(name))
        if content is None:
            raise PackagesMissingError("the rule's packages were deleted")
        text = self._kept[name] = await asyncio.to_thread(_opened, name, content)
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MAX_KEPT_BYTES:
            self._kept.popitem(last=False)
        return text


def _opened(name: str, content: bytes) -> bytes:
    if hashlib.sha256(content).hexdigest() != name:
        raise PackagesMissingError("the rule's packages are not what they were")
    opener = zlib.decompressobj()
    try:
        text = opener.decompress(content, _MAX_JSON_BYTES)
    except zlib.error as error:
        raise PackagesMissingError(f"the rule's packages do not open: {error}") from error
    if not opener.eof:
        raise PackagesMissingError("the rule's packages are too large")
    return text if text.isascii() else _escaped(text)


def _escaped(text: bytes) -> bytes:
    """*text* in ASCII. One character of another script would make each character of it take four bytes in Python."""
    return json.dumps(msgspec.json.decode(text), separators=(",", ":")).encode()
