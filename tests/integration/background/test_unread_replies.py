from __future__ import annotations

import asyncio

from redis.asyncio.connection import AbstractConnection

from rulemint_shared.process.background import cancel
from rulemint_shared.redis.connection import open_redis


async def test_a_connection_on_which_a_reply_waits_answers_no_later_command_with_it(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        pool = redis.connection_pool
        connection: AbstractConnection = await pool.get_connection("PING")  # type: ignore[no-untyped-call]  # redis-py
        await connection.send_command("ECHO", "of nobody")
        await asyncio.sleep(0.1)
        await pool.release(connection)
        assert await redis.echo("mine") == b"mine"


async def test_a_connection_that_the_server_has_closed_is_opened_again(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis, open_redis(empty_redis_url) as other:
        await redis.ping()
        await other.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.1)
        assert await redis.ping()


async def test_a_task_that_was_cancelled_still_writes_what_is_left(empty_redis_url: str) -> None:
    """In Python 3.11.2 a time limit of 0 s, as redis-py has it, cancels such a task once more."""
    async with open_redis(empty_redis_url) as redis:

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await redis.set("left", "written")

        await redis.ping()
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        await cancel([task])
        assert await redis.get("left") == b"written"
