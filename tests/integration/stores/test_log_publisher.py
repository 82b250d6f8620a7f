"""Log records on their way to their tenants' streams."""

from __future__ import annotations

import asyncio

import msgspec
from arq.connections import ArqRedis

from fixtures.log_records import a_writer
from fixtures.waiting import eventually
from rulemint_shared import keys
from rulemint_shared.background import cancel
from rulemint_shared.log_publisher import LogPublisher
from rulemint_shared.messages import InvocationEnded
from rulemint_shared.redis_connection import open_redis

ENDED = InvocationEnded(
    ts_ms=1,
    invocation="exc_1",
    client_id="c",
    audience="a",
    rule="r",
    version=1,
    outcome="failed:no_runner",
    duration_ms=1.0,
)


async def written(redis: ArqRedis, tenant: str) -> int:
    return int(await redis.xlen(keys.logs(tenant)))


async def test_a_record_that_cannot_travel_and_a_key_of_another_type_cost_nobody_else(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        await redis.set(keys.logs("broken"), "no stream")
        records = LogPublisher(redis, a_writer())
        writing = asyncio.create_task(records.run())
        try:
            records.publish("acme", msgspec.structs.replace(ENDED, message="half a pair: \ud800"))
            for tenant in ("broken", "acme", "broken", "other"):
                records.publish(tenant, ENDED)
            await eventually(lambda: written(redis, "other"), lambda count: count == 1)
            assert await written(redis, "acme") == 1
            records.publish("acme", ENDED)
            await eventually(lambda: written(redis, "acme"), lambda count: count == 2)
            assert not writing.done()
        finally:
            await cancel([writing])
