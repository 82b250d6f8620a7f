"""A session ends when nothing uses it, and when it is old."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from fixtures.console import SESSION, SESSIONS, Browser, a_browser
from fixtures.management import Management
from rulemint_gateway.stores.sessions.records import sessions
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.connection import open_redis

HOUR_MS = 3_600_000


@pytest.fixture
async def browser(lone_gateway: Management) -> AsyncIterator[Browser]:
    async with a_browser(lone_gateway.url) as opened:
        assert (await opened.sign_in(lone_gateway.admin)).status == 201
        yield opened


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param(("used_at_ms",), "it was not used for too long", id="idle"),
        pytest.param(("ends_at_ms",), "its lifetime is over", id="old"),
    ],
)
async def test_a_session_of_long_ago_is_over_and_the_log_says_why(
    lone_gateway: Management, lone_redis_url: str, browser: Browser, times: tuple[str, ...], why: str
) -> None:
    session_id = (await browser.call("GET", SESSION)).body["id"]
    await move_back(lone_redis_url, session_id, times)
    assert (await browser.call("GET", "/api/v2/clients")).status == 401
    assert session_id not in {each["id"] for each in (await lone_gateway.call("GET", SESSIONS)).body}
    entries = (await lone_gateway.call("GET", "/api/v2/logs?per_page=20")).body
    changes = [change for entry in entries for change in entry["details"].get("changes", [])]
    assert [each["before"]["ended"] for each in changes if each["id"] == session_id and each["before"]] == [why]


async def test_the_list_of_sessions_leaves_out_those_that_are_over(
    lone_gateway: Management, lone_redis_url: str, browser: Browser
) -> None:
    session_id = (await browser.call("GET", SESSION)).body["id"]
    assert session_id in {each["id"] for each in (await lone_gateway.call("GET", SESSIONS)).body}
    await move_back(lone_redis_url, session_id, ("used_at_ms",))
    assert session_id not in {each["id"] for each in (await lone_gateway.call("GET", SESSIONS)).body}


async def move_back(redis_url: str, session_id: str, times: tuple[str, ...]) -> None:
    """Have the session as it would be if *times* of it were a day earlier."""
    name = redis_keys.console_session("default", session_id)
    async with open_redis(redis_url) as redis:
        stored = await redis.get(name)
        assert stored is not None
        session = sessions.decode(stored)
        earlier = {each: getattr(session, each) - 24 * HOUR_MS for each in times}
        await redis.set(name, sessions.encode(msgspec.structs.replace(session, **earlier)))
