"""Sessions and links in a real Valkey: hashed, bounded, and over when they are."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import msgspec
import pytest

from fixtures.valkey import Databases
from rulemint_gateway.stores.sessions import session_store
from rulemint_gateway.stores.sessions.links import Links
from rulemint_gateway.stores.sessions.records import ClientHolder, Link, Session, Way
from rulemint_gateway.stores.sessions.session_store import Lifetimes, SessionStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

HOLDER = ClientHolder(client_id="c", client_created_at_ms=1, secrets=("s",), scopes=("read:rules",))


@pytest.fixture
async def redis(databases: Databases) -> AsyncIterator[RedisClient]:
    async with open_redis(databases.empty()) as opened:
        yield opened


@pytest.fixture
def store(redis: RedisClient) -> SessionStore:
    return SessionStore(redis, Lifetimes(idle_s=600, whole_s=3_600))


def a_session(*, ends_in_s: int = 3_600, idle_s: int = 0) -> Session:
    now_ms = unix_ms()
    return Session(
        id=ids.new_session_id(),
        secret_sha256="",
        way=Way.LINK,
        subject="ann",
        holder=HOLDER,
        created_at_ms=now_ms,
        used_at_ms=now_ms - idle_s * 1_000,
        ends_at_ms=now_ms + ends_in_s * 1_000,
    )


async def test_nothing_in_valkey_signs_anybody_in(redis: RedisClient, store: SessionStore) -> None:
    session = a_session()
    text = await store.begin("acme", session)
    kept = await redis.get(redis_keys.console_session("acme", session.id))
    secret = text.partition(".")[2]
    assert kept is not None
    assert secret.encode() not in kept
    link = await Links(redis).issue("acme", Link(holder=HOLDER, subject="ann", ends_at_ms=unix_ms() + 60_000))
    assert not [name async for name in redis.scan_iter("*") if link.encode() in name]


async def test_a_session_is_proved_by_its_own_text_in_its_own_tenant_only(store: SessionStore) -> None:
    session = a_session()
    text = await store.begin("acme", session)
    other = await store.begin("acme", a_session())
    proved = await store.proved_by("acme", text)
    assert proved is not None
    assert proved.id == session.id
    assert await store.proved_by("default", text) is None
    assert await store.proved_by("acme", f"{session.id}.{other.partition('.')[2]}") is None
    assert await store.proved_by("acme", f"{session.id}.{secrets.token_urlsafe(32)}") is None


async def test_valkey_forgets_a_session_at_the_end_of_its_lifetime(redis: RedisClient, store: SessionStore) -> None:
    session = a_session(ends_in_s=50)
    await store.begin("acme", session)
    assert 0 < await redis.pttl(redis_keys.console_session("acme", session.id)) <= 50_000


async def test_a_session_that_ends_while_it_is_used_stays_ended(store: SessionStore) -> None:
    session = a_session(idle_s=300)
    text = await store.begin("acme", session)
    used = await store.proved_by("acme", text)
    assert used is not None
    assert await store.end("acme", session.id)
    await store.touch("acme", used)
    assert await store.proved_by("acme", text) is None
    assert await store.all_of("acme") == ([], [])


async def test_of_several_who_end_a_session_one_hears_that_it_did(store: SessionStore) -> None:
    session = a_session()
    await store.begin("acme", session)
    assert [await store.end("acme", session.id) for _ in range(2)] == [True, False]


async def test_use_is_noted_and_a_session_without_any_is_idle(store: SessionStore) -> None:
    session = a_session(idle_s=601)
    text = await store.begin("acme", session)
    assert store.is_idle(session)
    await store.touch("acme", msgspec.structs.replace(session, secret_sha256=(await proved(store, text)).secret_sha256))
    assert not store.is_idle(await proved(store, text))


async def test_a_tenant_has_no_more_sessions_than_the_limit(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_store, "MAX_SESSIONS", 2)
    begun = [a_session(ends_in_s=1_000 + number) for number in range(2)]
    for session in begun:
        await store.begin("acme", session)
    assert await store.surplus("acme") == [begun[0].id]
    assert await store.surplus("default") == []


async def test_a_link_is_redeemed_once_and_in_its_own_tenant(redis: RedisClient) -> None:
    links = Links(redis)
    link = Link(holder=HOLDER, subject="ann", ends_at_ms=unix_ms() + 60_000)
    text = await links.issue("acme", link)
    assert await links.redeem("default", text) is None
    assert await links.redeem("acme", text) == link
    assert await links.redeem("acme", text) is None
    assert await links.redeem("acme", "x" * 10_000) is None


async def proved(store: SessionStore, text: str) -> Session:
    session = await store.proved_by("acme", text)
    assert session is not None
    return session
