"""A rule whose record cannot be read, as after a return to an older version, may have refused: nobody gets a token."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Answer, ApiClient, Management
from fixtures.waiting import eventually
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.config_changes import ChangedRecord, ConfigChange
from rulemint_shared.redis.connection import open_redis

pytestmark = pytest.mark.timeout(120)


async def asked(management: Management, client: ApiClient, status: int) -> Answer:
    """The answer once it has this *status*."""

    async def ask() -> Answer:
        return await management.ask(client.request())

    return await eventually(ask, lambda answer: answer.status == status)


@pytest.mark.parametrize("is_announced", [True, False])
async def test_while_a_rule_cannot_be_read_nobody_gets_a_token(
    lone_gateway: Management, lone_redis_url: str, *, is_announced: bool
) -> None:
    client = await lone_gateway.a_client()
    assert (await lone_gateway.ask(client.request())).status == 200
    async with open_redis(lone_redis_url) as redis:
        rules: Any = redis
        await rules.hset(redis_keys.rules("default"), "rul_of_later", b"\xc1")
        revision = await redis.incr(redis_keys.REVISION)
        if is_announced:
            change = ConfigChange(
                revision=revision, tenant="default", records=[ChangedRecord(kind="rules", id="rul_of_later")]
            )
            await redis.publish(redis_keys.CHANGES, codecs.config_change.encode(change))
        answer = await asked(lone_gateway, client, 503)
        assert "cannot be read" in answer.body["error_description"]
        await lone_gateway.log_in()  # the management API stays, to repair it
        await rules.hdel(redis_keys.rules("default"), "rul_of_later")
        await redis.incr(redis_keys.REVISION)
        await asked(lone_gateway, client, 200)
