"""Keeps sessions: each under its id, for its lifetime, with an index of the tenant's.

The browser's text is ``<id>.<secret>``. Redis has the secret's hash, so a reader of Redis cannot sign in by it.
Methods raise `RedisError` or `OSError`.
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import NamedTuple

import msgspec

from rulemint_gateway.stores.sessions.records import Session, sessions, sha256_of
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.codecs import DecodeError
from rulemint_shared.redis.client import RedisClient

MAX_SESSIONS = 1_000
"""Of a tenant; when one more begins, the one that would end first ends."""
MAX_TOUCH_S = 60
"""The time of a session's last use is as old as this at most."""
_TEXT = re.compile(r"(ses_[0-9A-Za-z]{16})\.([0-9A-Za-z_-]{43})")


class Lifetimes(NamedTuple):
    """For how long a session lasts, in seconds."""

    idle_s: int
    """Without any use."""
    whole_s: int


class SessionStore:
    """The sessions of all tenants."""

    def __init__(self, redis: RedisClient, lifetimes: Lifetimes) -> None:
        self._redis = redis
        self.lifetimes = lifetimes

    async def begin(self, tenant: str, session: Session) -> str:
        """Keep *session* under a new secret. Returns the text for the browser, which nobody can find out later."""
        secret = secrets.token_urlsafe(32)
        kept = msgspec.structs.replace(session, secret_sha256=sha256_of(secret))
        index = redis_keys.console_sessions(tenant)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(
                redis_keys.console_session(tenant, session.id),
                sessions.encode(kept),
                px=max(1, session.ends_at_ms - unix_ms()),
            )
            pipe.zadd(index, {session.id: session.ends_at_ms})
            pipe.pexpireat(index, unix_ms() + self.lifetimes.whole_s * 1_000)
            await pipe.execute()
        return f"{session.id}.{secret}"

    async def surplus(self, tenant: str) -> list[str]:
        """The ids of sessions that have to end for one more to begin."""
        more = int(await self._redis.zcard(redis_keys.console_sessions(tenant))) - MAX_SESSIONS + 1
        return [] if more <= 0 else await self._ids(tenant, more)

    async def proved_by(self, tenant: str, text: str) -> Session | None:
        """The session that *text*, a cookie's, proves; None if it is none of this tenant, or has ended."""
        match = _TEXT.fullmatch(text)
        if match is None:
            return None
        session = await self.find(tenant, match[1])
        if session is None or not hmac.compare_digest(session.secret_sha256, sha256_of(match[2])):
            return None
        return session

    async def find(self, tenant: str, session_id: str) -> Session | None:
        """The session of that id; None if there is none."""
        return _decoded(await self._redis.get(redis_keys.console_session(tenant, session_id)))

    def is_idle(self, session: Session) -> bool:
        """True if *session* has not been used for too long."""
        return unix_ms() - session.used_at_ms > self.lifetimes.idle_s * 1_000

    async def touch(self, tenant: str, session: Session) -> None:
        """Note that *session* is used now, unless that was noted a moment ago. One that has ended stays so."""
        now_ms = unix_ms()
        if now_ms - session.used_at_ms < min(MAX_TOUCH_S, self.lifetimes.idle_s / 10) * 1_000:
            return
        used = sessions.encode(msgspec.structs.replace(session, used_at_ms=now_ms))
        name = redis_keys.console_session(tenant, session.id)
        await self._redis.set(name, used, px=max(1, session.ends_at_ms - now_ms), xx=True)

    async def all_of(self, tenant: str) -> tuple[list[Session], list[str]]:
        """The tenant's sessions, and the ids of those in its index that are over."""
        ids = await self._ids(tenant, MAX_SESSIONS)
        if not ids:
            return [], []
        stored = await self._redis.mget([redis_keys.console_session(tenant, each) for each in ids])
        found = {each: _decoded(data) for each, data in zip(ids, stored, strict=True)}
        return [session for session in found.values() if session], [each for each in ids if found[each] is None]

    async def _ids(self, tenant: str, count: int) -> list[str]:
        """The first *count* of its index."""
        found = await self._redis.zrange(redis_keys.console_sessions(tenant), 0, count - 1)
        return [each.decode(errors="replace") for each in found]

    async def end(self, tenant: str, session_id: str) -> bool:
        """Forget the session; true if it was known. Of several that end it at once, one hears so."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.unlink(redis_keys.console_session(tenant, session_id))
            pipe.zrem(redis_keys.console_sessions(tenant), session_id)
            _gone, known = await pipe.execute()
        return bool(known)


def _decoded(data: bytes | None) -> Session | None:
    try:
        return None if data is None else sessions.decode(data)
    except DecodeError:
        return None
