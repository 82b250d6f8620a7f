"""Gateways that die after a change was written and before it was answered: it is made once, whoever asks again."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import aiohttp
import pytest

from fixtures.breakable import Breakable, Member
from fixtures.waiting import eventually
from rulemint_shared.contract import codecs, redis_keys

pytestmark = pytest.mark.timeout(120)


async def create(session: aiohttp.ClientSession, gateway: Member, token: str, name: str) -> tuple[int, str]:
    """Status and error code of the answer, under a key that is the name."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": name}
    url = f"http://127.0.0.1:{gateway.port}/api/v2/clients"
    async with session.post(url, json={"name": name}, headers=headers) as answer:
        return answer.status, (await answer.json()).get("errorCode", "")


def times_made(system: Breakable, name: str) -> int:
    with system.redis() as server:
        return sum(codecs.client.decode(record).name == name for record in server.hvals(redis_keys.clients("default")))


async def test_a_create_that_its_gateway_died_with_is_known_to_the_other_and_made_once(system: Breakable) -> None:
    dying, other = system.gateways
    token = await asyncio.to_thread(system.token_of_admin, other.port)
    name = f"lost-{secrets.token_hex(4)}"
    async with aiohttp.ClientSession() as session:
        dying.wire.hold_the_reply_to(b"EXEC")
        asking = asyncio.create_task(create(session, dying, token, name))
        await eventually(lambda: asyncio.to_thread(times_made, system, name))
        dying.kill()
        with suppress(aiohttp.ClientError):
            await asking
        assert await create(session, other, token, name) == (409, "idempotent_answer_lost")
    assert times_made(system, name) == 1
