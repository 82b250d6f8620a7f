"""Links: each signs somebody in once, within a minute. Redis has the hash of its text.

Methods raise `RedisError` or `OSError`.
"""

from __future__ import annotations

import secrets

from rulemint_gateway.stores.sessions.records import Link, links, sha256_of
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.codecs import DecodeError
from rulemint_shared.redis.client import RedisClient

LINK_LIVES_S = 60
MAX_LINK_LENGTH = 64


class Links:
    """Gives links out, and takes each of them back once."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def issue(self, tenant: str, link: Link) -> str:
        """The text that stands for *link*."""
        text = secrets.token_urlsafe(32)
        await self._redis.set(redis_keys.console_link(tenant, sha256_of(text)), links.encode(link), ex=LINK_LIVES_S)
        return text

    async def redeem(self, tenant: str, text: str) -> Link | None:
        """The link that *text* stands for; None if there is none, or if it has been used or has expired."""
        if len(text) > MAX_LINK_LENGTH:
            return None
        data = await self._redis.getdel(redis_keys.console_link(tenant, sha256_of(text)))
        try:
            return None if data is None else links.decode(data)
        except DecodeError:
            return None
