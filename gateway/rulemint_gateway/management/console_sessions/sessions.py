"""Sessions of the console: begin, look at, list, end. Each is checked against its client whenever it is used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from redis.exceptions import RedisError

from rulemint_gateway.management.console_sessions.answers import (
    ListedSession,
    SessionAnswer,
    listed_session,
    session_answer,
)
from rulemint_gateway.management.console_sessions.held_scopes import SessionOverError, held_scopes
from rulemint_gateway.management.errors import UnauthorizedError, UnavailableError
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.sessions.records import Holder, Session, Way
from rulemint_gateway.stores.sessions.session_audit import SessionAudit
from rulemint_gateway.stores.sessions.session_store import SessionStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms

MAX_USER_AGENT = 512


class SignedIn(NamedTuple):
    """A session that is good now, and the scopes that it holds now."""

    session: Session
    scopes: tuple[str, ...]


class Begun(NamedTuple):
    """A new session."""

    answer: SessionAnswer
    text: str
    """The text for the browser's cookie: it proves the session."""


class Origin(NamedTuple):
    """The place that somebody signs in from."""

    ip: str
    user_agent: str


class Sessions:
    """The use cases of ``/console/api/session`` and ``/console/api/sessions``."""

    def __init__(self, store: SessionStore, audit: SessionAudit) -> None:
        self._store = store
        self._audit = audit

    async def begin(
        self,
        config: TenantConfig,
        holder: Holder,
        *,
        way: Way,
        subject: str,
        origin: Origin,
        ends_at_ms: int | None = None,
    ) -> Begun:
        """A new session, which ends at *ends_at_ms* at the latest.

        Raises:
            UnauthorizedError: *holder* ended a moment ago.
            UnavailableError: it cannot be kept, or its audit record cannot.
        """
        try:
            scopes = held_scopes(config, holder)
        except SessionOverError as error:
            raise UnauthorizedError(f"Nobody can sign in by this now: {error}", with_token=False) from None
        tenant, now_ms = config.tenant.name, unix_ms()
        whole = now_ms + self._store.lifetimes.whole_s * 1_000
        session = Session(
            id=ids.new_session_id(),
            secret_sha256="",
            way=way,
            subject=subject,
            holder=holder,
            created_at_ms=now_ms,
            used_at_ms=now_ms,
            ends_at_ms=whole if ends_at_ms is None else min(whole, ends_at_ms),
            ip=origin.ip,
            user_agent=origin.user_agent[:MAX_USER_AGENT],
        )
        async with _kept():
            for each in await self._store.surplus(tenant):
                await self._end(tenant, each, why="the tenant has too many sessions")
            await self._audit.began(tenant, session)
            text = await self._store.begin(tenant, session)
        return Begun(self._answer(tenant, session, scopes), text)

    async def proved_by(self, config: TenantConfig, text: str) -> SignedIn | None:
        """The session that a cookie's *text* proves, which is used by that; None if there is none, or it has ended.

        Raises:
            UnavailableError: nobody can tell now.
        """
        async with _kept():
            session = await self._store.proved_by(config.tenant.name, text)
            return None if session is None else await self._used(config, session)

    async def found(self, config: TenantConfig, session_id: str) -> SignedIn | None:
        """The session of that id, which is used by that; None if it has ended.

        Raises:
            UnavailableError: nobody can tell now.
        """
        async with _kept():
            session = await self._store.find(config.tenant.name, session_id)
            return None if session is None else await self._used(config, session)

    def answer(self, tenant: str, signed_in: SignedIn) -> SessionAnswer:
        """The session as its owner sees it."""
        return self._answer(tenant, *signed_in)

    async def list(self, config: TenantConfig, *, own_id: str) -> list[ListedSession]:
        """The tenant's sessions, the newest first.

        Raises:
            UnavailableError: they cannot be read now.
        """
        tenant = config.tenant.name
        async with _kept():
            stored, over = await self._store.all_of(tenant)
            for each in over:
                await self._end(tenant, each, why="its lifetime is over")
            looked_at = [(session, await self._unless_over(config, session)) for session in stored]
        good = [(session, scopes) for session, scopes in looked_at if scopes is not None]
        good.sort(key=lambda pair: (-pair[0].created_at_ms, pair[0].id))
        return [listed_session(session, scopes, own_id=own_id) for session, scopes in good]

    async def end(self, config: TenantConfig, session_id: str, *, why: str) -> None:
        """End a session; one that is not there is no error.

        Raises:
            UnavailableError: it cannot be ended now.
        """
        tenant = config.tenant.name
        async with _kept():
            await self._end(tenant, session_id, why=why, session=await self._store.find(tenant, session_id))

    async def _used(self, config: TenantConfig, session: Session) -> SignedIn | None:
        scopes = await self._unless_over(config, session)
        if scopes is None:
            return None
        await self._store.touch(config.tenant.name, session)
        return SignedIn(session, scopes)

    async def _unless_over(self, config: TenantConfig, session: Session) -> tuple[str, ...] | None:
        """The scopes that *session* holds now. One that is over ends here: None."""
        try:
            self._check_time(session)
            return held_scopes(config, session.holder)
        except SessionOverError as error:
            await self._end(config.tenant.name, session.id, why=str(error), session=session)
            return None

    def _check_time(self, session: Session) -> None:
        if session.ends_at_ms <= unix_ms():
            raise SessionOverError("its lifetime is over")
        if self._store.is_idle(session):
            raise SessionOverError("it was not used for too long")

    async def _end(self, tenant: str, session_id: str, *, why: str, session: Session | None = None) -> None:
        if await self._store.end(tenant, session_id):
            await self._audit.ended(tenant, session_id, session, why=why)

    def _answer(self, tenant: str, session: Session, scopes: tuple[str, ...]) -> SessionAnswer:
        return session_answer(tenant, session, scopes, idle_s=self._store.lifetimes.idle_s)


@asynccontextmanager
async def _kept() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise UnavailableError("Sessions cannot be read or kept now: try again") from error
