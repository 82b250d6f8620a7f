"""Connections to Redis that look good and are not: each is closed, and a new one takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvloop
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from fixtures.processes import until
from fixtures.valkey_servers import Server, a_server
from fixtures.wires import Wire, a_wire
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.redis.subscription import listen


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    with a_server(folder / "a") as first, a_server(folder / "b") as second:
        yield first, second


@pytest.fixture
async def wire(servers: tuple[Server, Server], request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Wire]:
    path = tmp_path / "wire.sock" if request.param == "unix" else None
    async with a_wire(servers[0].port, path=path) as made:
        yield made


def url_of(wire: Wire, tmp_path: Path, kind: str) -> str:
    return f"unix://{tmp_path / 'wire.sock'}" if kind == "unix" else f"redis://127.0.0.1:{wire.port}"


async def write(redis: RedisClient, value: str, *, together: bool) -> None:
    if not together:
        await redis.set("key", value)
        return
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set("key", value)
        await pipe.execute()


@pytest.mark.parametrize("together", [False, True], ids=["a command", "a transaction"])
@pytest.mark.parametrize(("wire", "kind"), [("tcp", "tcp"), ("unix", "unix")], indirect=["wire"])
async def test_writes_go_on_after_a_failover_behind_one_address_though_the_old_master_stays_up(
    servers: tuple[Server, Server], wire: Wire, tmp_path: Path, kind: str, *, together: bool
) -> None:
    old, new = servers
    old.replicate(None)
    new.replicate(old)
    until(new.is_in_sync)
    async with open_redis(url_of(wire, tmp_path, kind)) as redis:
        await write(redis, "before", together=together)
        new.replicate(None)
        old.replicate(new)
        wire.lead_to(new.port)
        for number in range(3):  # one write may say that its connection is gone, and no second one does
            try:
                await write(redis, f"after {number}", together=together)
            except RedisError:
                assert number == 0
        assert await redis.get("key") == b"after 2"


@pytest.mark.parametrize("wire", ["tcp"], indirect=True)
async def test_a_subscription_that_only_looks_open_is_noticed_and_taken_out_again(
    servers: tuple[Server, Server], wire: Wire
) -> None:
    servers[0].replicate(None)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    connected: asyncio.Queue[int] = asyncio.Queue()

    async def on_connected() -> None:
        connected.put_nowait(wire.accepted)

    async with open_subscriber(f"redis://127.0.0.1:{wire.port}") as subscriber, open_redis(servers[0].url) as redis:
        listening = asyncio.create_task(
            listen(subscriber, "channel", on_message=heard.put_nowait, on_connected=on_connected, silence_s=0.2)
        )
        try:
            async with asyncio.timeout(20):
                assert await connected.get() == 1
                await redis.publish("channel", b"first")
                assert await heard.get() == b"first"
                wire.silence()
                assert await connected.get() == 2
                await redis.publish("channel", b"second")
                assert await heard.get() == b"second"
        finally:
            listening.cancel()


@pytest.mark.parametrize("wire", ["tcp"], indirect=True)
async def test_a_quiet_subscription_stays_as_it_is(servers: tuple[Server, Server], wire: Wire) -> None:
    servers[0].replicate(None)
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def on_connected() -> None:
        pass

    async with open_subscriber(f"redis://127.0.0.1:{wire.port}") as subscriber, open_redis(servers[0].url) as redis:
        listening = asyncio.create_task(
            listen(subscriber, "channel", on_message=heard.put_nowait, on_connected=on_connected, silence_s=0.5)
        )
        try:
            async with asyncio.timeout(20):
                while (await redis.pubsub_numsub("channel"))[0][1] == 0:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(1.2)
                await redis.publish("channel", b"still there")
                assert await heard.get() == b"still there"
                assert wire.accepted == 1
        finally:
            listening.cancel()


@pytest.mark.parametrize("how", ["abort", "close"])
def test_a_connection_that_is_reset_while_uvloop_writes_is_a_connection_error_and_the_next_command_works(
    servers: tuple[Server, Server], how: str
) -> None:
    async def write_to_what_is_gone() -> None:
        async with open_redis(servers[0].url) as redis:
            await redis.ping()
            connection = await redis.connection_pool.get_connection("_")  # type: ignore[no-untyped-call]  # redis-py has no types here
            getattr(connection._writer.transport, how)()  # as a reset that uvloop has seen, and the client has not
            with pytest.raises(RedisConnectionError):
                await connection.send_command("PING")
            await redis.connection_pool.release(connection)
            assert await redis.ping()

    uvloop.run(write_to_what_is_gone())
