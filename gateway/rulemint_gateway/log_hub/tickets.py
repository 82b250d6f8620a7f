"""Tickets: what lets a browser, which can set no header on a websocket, in once.

A ticket is 256 random bits; the server keeps its hash, for half a minute, and gives it out once.
"""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.codecs import Codec, DecodeError
from rulemint_shared.redis.client import RedisClient

TICKET_LIVES_S = 30
_MAX_TICKET_LENGTH = 64


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The caller that asked for it, and the time until which its token would have let it in."""

    tenant: str
    client_id: str
    expires_at_s: int
    session_id: str = ""
    """The session of the console that it asked with; empty: it asked with a token."""


_codec: Codec[Ticket] = Codec(Ticket, name="log ticket")


class Tickets:
    """Gives tickets out, and takes each of them back once. Methods raise `RedisError` or `OSError`."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def issue(self, ticket: Ticket) -> str:
        """The text that stands for *ticket*."""
        text = secrets.token_urlsafe(32)
        await self._redis.set(_key(text), _codec.encode(ticket), ex=TICKET_LIVES_S)
        return text

    async def redeem(self, text: str) -> Ticket | None:
        """The ticket that *text* stands for; None if there is none, or if it has been used or has expired."""
        if len(text) > _MAX_TICKET_LENGTH:
            return None
        data = await self._redis.getdel(_key(text))
        try:
            return None if data is None else _codec.decode(data)
        except DecodeError:
            return None


def _key(text: str) -> str:
    return redis_keys.log_ticket(hashlib.sha256(text.encode(errors="replace")).hexdigest())
