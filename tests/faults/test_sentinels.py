"""Clients that sentinels tell where the master is, whatever becomes of sentinels and masters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import redis
from redis.exceptions import RedisError

from fixtures.sentinels import MASTER, PASSWORD, SentinelProcess, a_sentinel, url_of
from fixtures.valkey_servers import Server, a_server
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import RedisUnusableError, check_server, open_redis, open_subscriber
from rulemint_shared.redis.subscription import listen

NOBODY = "127.0.0.1:1"
DATA_PASSWORD = "of the servers"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    with a_server(folder / "a") as first, a_server(folder / "b") as second:
        yield first, second


@pytest.fixture
def sentinel(servers: tuple[Server, Server], tmp_path: Path) -> Iterator[SentinelProcess]:
    with a_sentinel(tmp_path / "sentinel", servers[0].port) as made:
        yield made


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "sentinel.password"
    path.write_text(f"{PASSWORD}\n")
    return path


def open_at(sentinel: SentinelProcess, password_file: Path) -> AbstractAsyncContextManager[RedisClient]:
    return open_redis(url_of(sentinel), None, password_file)


async def port_of(client: RedisClient) -> int:
    """Of the server that answers now, or soon."""
    async with asyncio.timeout(20):
        while True:
            try:
                return int((await client.info("server"))["tcp_port"])
            except RedisError:
                await asyncio.sleep(0.05)


async def test_the_first_sentinel_that_answers_says_where_the_master_is(
    servers: tuple[Server, Server], sentinel: SentinelProcess, password_file: Path
) -> None:
    url = url_of(sentinel).replace("://", f"://{NOBODY},")
    async with open_redis(url, None, password_file) as client:
        assert (await check_server(client)).startswith("valkey")
        assert await port_of(client) == servers[0].port


async def test_a_connection_to_a_master_that_was_replaced_is_closed_though_nothing_fails_on_it(
    servers: tuple[Server, Server], sentinel: SentinelProcess, password_file: Path
) -> None:
    """Sentinels may see a partition that we do not; these even lost what they knew, and so are at an older epoch."""
    connected: asyncio.Queue[None] = asyncio.Queue()

    async def on_connected() -> None:
        connected.put_nowait(None)

    async with (
        open_at(sentinel, password_file) as client,
        open_subscriber(url_of(sentinel), None, password_file) as subscriber,
        asyncio.timeout(20),
    ):
        listening = asyncio.create_task(listen(subscriber, "c", on_message=lambda _: None, on_connected=on_connected))
        try:
            await connected.get()
            assert await port_of(client) == servers[0].port
            blocked = asyncio.create_task(port_of_pop(client))
            sentinel.ask("SENTINEL", "REMOVE", MASTER)
            sentinel.ask("SENTINEL", "MONITOR", MASTER, "127.0.0.1", servers[1].port, 1)
            await connected.get()
            while await port_of(client) != servers[1].port:
                await asyncio.sleep(0.05)
            await client.rpush("list", "popped")  # type: ignore[misc]  # redis-py's stub is not async
            assert await blocked == servers[1].port
        finally:
            listening.cancel()


async def port_of_pop(client: RedisClient) -> int:
    """Which server a blocking command, sent before the master was replaced, ends at."""
    while True:
        try:
            if await client.brpop(["list"], timeout=4):  # type: ignore[misc]  # as above
                return await port_of(client)
        except RedisError:
            await asyncio.sleep(0.05)


async def test_without_any_sentinel_the_last_master_stays(
    servers: tuple[Server, Server], sentinel: SentinelProcess, password_file: Path
) -> None:
    async with open_at(sentinel, password_file) as client:
        assert await port_of(client) == servers[0].port
        sentinel.kill()
        await client.connection_pool.disconnect()
        assert int((await client.info("server"))["tcp_port"]) == servers[0].port


async def test_a_server_that_is_no_master_is_not_taken_for_one(
    servers: tuple[Server, Server], sentinel: SentinelProcess, password_file: Path
) -> None:
    servers[0].replicate(servers[1])
    try:
        async with open_at(sentinel, password_file) as client:
            with pytest.raises(RedisError, match="no master"):
                await client.get("key")
    finally:
        servers[0].replicate(None)


async def test_sentinels_and_servers_have_passwords_of_their_own(
    servers: tuple[Server, Server], sentinel: SentinelProcess, password_file: Path, tmp_path: Path
) -> None:
    of_the_data = tmp_path / "data.password"
    of_the_data.write_text(DATA_PASSWORD)
    sentinel.ask("SENTINEL", "SET", MASTER, "auth-pass", DATA_PASSWORD)
    with redis.Redis.from_url(servers[0].url) as admin:
        admin.config_set("requirepass", DATA_PASSWORD)
        try:
            async with open_redis(url_of(sentinel), of_the_data, password_file) as opened:
                assert await port_of(opened) == servers[0].port
            for url in (url_of(sentinel), servers[0].url):
                async with open_redis(url, None, password_file) as opened:
                    with pytest.raises(RedisUnusableError, match="refuses the password in RULEMINT_REDIS_URL"):
                        await check_server(opened)
        finally:
            admin.config_set("requirepass", "")


async def test_a_wrong_password_of_the_sentinels_is_named(sentinel: SentinelProcess, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    async with open_redis(url_of(sentinel), None, wrong) as client:
        with pytest.raises(RedisUnusableError, match=r"RULEMINT_SENTINEL_PASSWORD_FILE"):
            await check_server(client)


async def test_a_master_that_nobody_knows_is_named(sentinel: SentinelProcess, password_file: Path) -> None:
    async with open_redis(url_of(sentinel).replace(MASTER, "yours"), None, password_file) as client:
        with pytest.raises(RedisUnusableError, match="'yours'"):
            await check_server(client)
