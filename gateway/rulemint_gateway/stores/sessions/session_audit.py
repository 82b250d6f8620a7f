"""Audit records of sessions, among those of the calls that changed something."""

from __future__ import annotations

import asyncio
from typing import Any

from rulemint_gateway.stores.sessions.records import Holder, PersonHolder, Session
from rulemint_gateway.stores.writing.audit import audit_records
from rulemint_gateway.stores.writing.calls import CALL, Call, own_call
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.audit import AuditedChange
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds
from rulemint_shared.streams.sending import send

KIND = "console-sessions"


class SessionAudit:
    """Writes one record for each session that begins, and one when it ends."""

    def __init__(self, redis: RedisClient, bounds: StreamBounds) -> None:
        self._redis = redis
        self._bounds = bounds
        self._marks = Marks()
        self._turn = asyncio.Lock()

    async def began(self, tenant: str, session: Session) -> None:
        """*session* is about to begin.

        Raises:
            RedisError, OSError: the record could not be kept, so nobody may sign in.
        """
        await self._write(tenant, AuditedChange(kind=KIND, id=session.id, after=_shown(session)))

    async def ended(self, tenant: str, session_id: str, session: Session | None, *, why: str) -> None:
        """The session has ended; *session* is what was known of it.

        Raises:
            RedisError, OSError: the record could not be kept.
        """
        before = {"ended": why} | ({} if session is None else _shown(session))
        await self._write(tenant, AuditedChange(kind=KIND, id=session_id, before=before))

    async def _write(self, tenant: str, change: AuditedChange) -> None:
        call: Call = CALL.get() or own_call(tenant)
        entries = [("record", codecs.audit.encode(record)) for record in audit_records(call, tenant, [change])]
        async with self._turn:  # so that one whose reply was lost is recognised when it comes again
            await send(
                self._redis, [Addition(redis_keys.audit(tenant), entries, self._bounds, mark=self._marks.next())]
            )


def _shown(session: Session) -> dict[str, Any]:
    return {
        "way": str(session.way),
        "subject": session.subject,
        "client_id": session.holder.client_id,
        **_rights(session.holder),
        "created_at": rfc3339_ms(session.created_at_ms),
        "expires_at": rfc3339_ms(session.ends_at_ms),
        "ip": session.ip,
        "user_agent": session.user_agent,
    }


def _rights(holder: Holder) -> dict[str, Any]:
    if isinstance(holder, PersonHolder):
        return {"provider": holder.issuer, "values": list(holder.values)}
    return {"scopes": list(holder.scopes)}
