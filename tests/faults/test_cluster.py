"""A cluster is used as one server is. A node that dies costs what it had, until another has it, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, WatchError
from structlog.testing import capture_logs

from fixtures.clusters import Cluster, a_cluster, command
from fixtures.fault_report import SLOW
from fixtures.processes import until
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import RedisUnusableError, check_server, open_redis, open_subscriber
from rulemint_shared.redis.subscription import listen

pytestmark = pytest.mark.timeout(120)

NAMES = [f"{{{number}}}" for number in range(20)]
"""On all nodes."""


@pytest.fixture(scope="module")
def module_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with a_cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
def cluster(module_cluster: Cluster) -> Iterator[Cluster]:
    """All of its nodes are well, whoever is master."""
    yield module_cluster
    module_cluster.mend()


@pytest.fixture
async def redis(cluster: Cluster) -> AsyncIterator[RedisClient]:
    async with open_redis(cluster.url) as opened:
        yield opened


async def test_answers_of_a_batch_for_all_nodes_come_in_order(redis: RedisClient) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for number, name in enumerate(NAMES):
            pipe.set(name, number)
        pipe.time()
        for name in NAMES:
            pipe.get(name)
        pipe.incr(NAMES[0])
        pipe.lpush(NAMES[1], "no list")
        *answers, refused = await pipe.execute(raise_on_error=False)
    assert answers[: len(NAMES)] == [True] * len(NAMES)
    assert answers[len(NAMES) + 1 :] == [*(str(number).encode() for number in range(len(NAMES))), 1]
    assert "WRONGTYPE" in str(refused)


async def test_a_transaction_watches_and_publishes_where_its_names_are(redis: RedisClient) -> None:
    for name in NAMES:
        async with redis.pipeline(transaction=True) as pipe:
            await pipe.watch(f"{name}:a")
            before = int(await pipe.get(f"{name}:a") or 0)
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py has no types here
            pipe.set(f"{name}:a", before + 1)
            pipe.set(f"{name}:b", "b")
            pipe.publish(f"{name}:channel", "message")
            assert await pipe.execute() == [True, True, 0]
    async with redis.pipeline(transaction=True) as pipe:
        await pipe.watch(f"{NAMES[0]}:a")
        await redis.set(f"{NAMES[0]}:a", "changed")
        pipe.multi()  # type: ignore[no-untyped-call]  # as above
        pipe.set(f"{NAMES[0]}:a", "lost")
        with pytest.raises(WatchError):
            await pipe.execute()


async def test_who_listens_is_known_where_the_channel_is(cluster: Cluster, redis: RedisClient) -> None:
    for name in NAMES[:5]:
        async with open_subscriber(cluster.url) as subscriber:
            await subscriber.subscribe(f"{name}:channel:one")
            assert await redis.pubsub_channels(f"{name}:channel:*") == [f"{name}:channel:one".encode()]
            async with redis.pipeline(transaction=False) as pipe:
                pipe.pubsub_channels(f"{name}:channel:*")
                assert await pipe.execute() == [[f"{name}:channel:one".encode()]]


async def test_scripts_scans_streams_and_blocking_commands_find_their_node(redis: RedisClient) -> None:
    for name in NAMES:
        assert await redis.eval("return redis.call('SET', KEYS[1], ARGV[1])", 1, f"{name}:found", name)  # type: ignore[misc]  # redis-py's stub is not async
        await redis.rpush(f"{name}:list", name)  # type: ignore[misc]  # as above
        assert await redis.brpop([f"{name}:list"], timeout=1) == (f"{name}:list".encode(), name.encode())  # type: ignore[misc]  # as above
        await redis.xadd(f"{name}:stream", {"field": name})
        assert await redis.xread({f"{name}:stream": "0"}, block=1)
    assert {key async for key in redis.scan_iter("*:found")} == {f"{name}:found".encode() for name in NAMES}
    assert (await check_server(redis)).startswith("valkey")


async def test_who_asks_while_a_slot_moves_is_sent_after_it(cluster: Cluster, redis: RedisClient) -> None:
    name = "{moving}:key"
    slot = key_slot(name.encode())
    source = cluster.master_of(name)
    target = next(node for node in map(cluster.master_of, NAMES) if node is not source)
    await redis.get(name)
    command(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", command(source, "CLUSTER", "MYID").decode())
    command(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", command(target, "CLUSTER", "MYID").decode())
    try:
        assert await redis.set(name, "where it is going")
        assert await redis.get(name) == b"where it is going"
        async with redis.pipeline(transaction=False) as pipe:
            pipe.get(name)
            assert await pipe.execute() == [b"where it is going"]
    finally:
        await redis.delete(name)
        for node in (source, target):
            command(node, "CLUSTER", "SETSLOT", slot, "STABLE")


async def test_a_master_that_hands_over_costs_nobody_an_error(cluster: Cluster, redis: RedisClient) -> None:
    name = NAMES[0]
    await redis.set(name, "before")
    old = cluster.master_of(name)
    replica = next(
        node for node in cluster.nodes if command(node, "INFO", "replication").get("master_port") == old.port
    )
    command(replica, "CLUSTER", "FAILOVER")
    await asyncio.to_thread(until, lambda: cluster.master_of(name) is replica)
    assert await redis.get(name) == b"before"
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set(name, "after")
        pipe.get(name)
        assert await pipe.execute() == [True, b"after"]


async def test_a_batch_for_a_slot_that_no_node_serves_can_be_sent_again(cluster: Cluster, redis: RedisClient) -> None:
    name = "{unserved}"
    slot, owner = key_slot(name.encode()), cluster.master_of(name)
    await redis.set(name, "before")
    command(owner, "CLUSTER", "DELSLOTS", slot)
    try:
        async with redis.pipeline(transaction=False) as pipe:
            for each in (name, *NAMES):
                pipe.set(each, "after")
            with pytest.raises(RedisConnectionError, match="cannot say now"):
                await pipe.execute(raise_on_error=False)
    finally:
        command(owner, "CLUSTER", "ADDSLOTS", slot)
    assert await redis.get(name) == b"before"


@SLOW
async def test_a_master_that_dies_costs_nobody_else_an_error(cluster: Cluster, redis: RedisClient) -> None:
    dead = cluster.master_of(NAMES[0])
    others = [name for name in NAMES if cluster.master_of(name) is not dead]
    await redis.set(NAMES[0], "kept")
    assert await redis.wait(1, 1_000) in {0, 1}
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    connected: asyncio.Queue[None] = asyncio.Queue()

    async def on_connected() -> None:
        connected.put_nowait(None)

    channel = f"{NAMES[0]}:channel"
    async with open_subscriber(cluster.url) as subscriber, asyncio.timeout(60):
        listening = asyncio.create_task(
            listen(subscriber, channel, on_message=heard.put_nowait, on_connected=on_connected)
        )
        try:
            await connected.get()
            await redis.publish(channel, b"before")
            assert await heard.get() == b"before"
            dead.kill()
            while True:
                for name in others:
                    await redis.set(name, "goes on")
                try:
                    await redis.set(NAMES[0], "again")
                    break
                except RedisError:
                    await asyncio.sleep(0.02)
            await connected.get()
            await redis.publish(channel, b"after")
            assert await heard.get() == b"after"
        finally:
            listening.cancel()


@pytest.mark.parametrize("setting", ["yes", "no"])
async def test_a_cluster_that_one_dead_node_would_stop_is_warned_of(
    cluster: Cluster, redis: RedisClient, setting: str
) -> None:
    node = cluster.master_of(NAMES[0])
    command(node, "CONFIG SET", "cluster-require-full-coverage", setting)
    try:
        with capture_logs() as logged:
            await check_server(redis)
    finally:
        command(node, "CONFIG SET", "cluster-require-full-coverage", "no")
    assert any("stop the whole cluster" in line["event"] for line in logged) == (setting == "yes")


async def test_a_cluster_of_which_nobody_answers_is_named() -> None:
    async with open_redis("redis+cluster://127.0.0.1:1") as redis:
        with pytest.raises(RedisUnusableError, match="RULEMINT_REDIS_URL"):
            await check_server(redis)
