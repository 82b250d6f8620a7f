"""What an older version has left is renamed once, whatever happens meanwhile, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from fixtures.old_store import GONE, OLD_AND_NEW, dumped, write_old_store
from fixtures.valkey import Databases, embedded
from fixtures.waiting import eventually
from rulemint_gateway.stores.layout import layout, renaming
from rulemint_gateway.stores.layout.layout import ensure_layout
from rulemint_gateway.stores.layout.renaming import LayoutError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber


@pytest.fixture(scope="module")
def single_server() -> Iterator[Databases]:
    """In whatever mode the other tests' servers are, older versions ran on none but this kind."""
    with embedded() as url:
        yield Databases([f"{url}?db={number}" for number in range(16)])


@pytest.fixture
def empty_redis_url(single_server: Databases) -> str:
    return single_server.empty()


@pytest.fixture
async def opened(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as client:
        yield client


@pytest.fixture
def server(empty_redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(empty_redis_url) as client:
        yield client


def changed(server: redis.Redis, kept: dict[str, bytes]) -> list[str]:
    """The names of *kept* that do not hold what they did."""
    return [name for name in kept if dumped(server, name) != kept[name]]


async def test_everything_of_an_old_store_is_there_under_its_new_name(opened: RedisClient, server: redis.Redis) -> None:
    kept = write_old_store(server)
    server.set("somebody:else", "x")
    server.set("rulemint:unheard-of", "x")
    expiring = {OLD_AND_NEW[old] for old in OLD_AND_NEW if server.expiretime(old) != -1}
    await ensure_layout(opened)
    assert changed(server, kept) == []
    assert {name for name in kept if server.expiretime(name) != -1} == expiring
    left = {name.decode() for name in server.scan_iter()} - kept.keys()
    stones = {"rulemint:key-check", "rulemint:runner-key-check"}
    assert left == {"somebody:else", "rulemint:unheard-of", redis_keys.LAYOUT, *stones}
    assert not set(GONE) & left


async def test_it_is_done_once(opened: RedisClient, server: redis.Redis) -> None:
    write_old_store(server)
    await ensure_layout(opened)
    server.set("rulemint:acme:clients", "of a later day")
    await ensure_layout(opened)
    assert server.exists("rulemint:acme:clients")


@pytest.mark.parametrize("at_once", [1, 7])
async def test_a_gateway_that_was_killed_half_way_is_followed_by_one_that_ends_it(
    opened: RedisClient, server: redis.Redis, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(renaming, "AT_ONCE", at_once)
    monkeypatch.setattr(layout, "LOCKED_MS", 300)
    kept = write_old_store(server)
    stepping = renaming.rename_all(opened)
    await renaming.keep_older_from_starting(opened)
    for _ in range(2):  # it has done so much, and its lock is still there
        await anext(stepping)
    server.set(redis_keys.MOVING, f"{layout.LAYOUT} killed", px=300)
    assert changed(server, kept)
    await ensure_layout(opened)
    assert changed(server, kept) == []
    assert server.get(redis_keys.LAYOUT) == b"2"


async def test_of_several_gateways_at_once_one_renames_and_the_others_wait(
    opened: RedisClient, empty_redis_url: str, server: redis.Redis
) -> None:
    kept = write_old_store(server)
    async with open_redis(empty_redis_url) as second, open_redis(empty_redis_url) as third:
        await asyncio.gather(*map(ensure_layout, (opened, second, third)))
    assert changed(server, kept) == []
    assert not server.exists(redis_keys.MOVING)


async def test_it_is_refused_while_a_gateway_of_an_older_version_runs(
    opened: RedisClient, server: redis.Redis, empty_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "ENDS_WITHIN_S", 0.3)
    write_old_store(server)
    async with open_subscriber(empty_redis_url) as subscriber:
        await subscriber.subscribe("rulemint:outcomes:gateway_0123")
        await eventually(lambda: opened.pubsub_channels("*"))
        with pytest.raises(LayoutError, match=r"older version of Rulemint \(gateway_0123\): stop all"):
            await ensure_layout(opened)
    assert set(OLD_AND_NEW) <= {name.decode() for name in server.scan_iter()}, "nothing has been touched"
    assert not server.exists(redis_keys.MOVING, redis_keys.LAYOUT)


async def test_it_is_refused_while_a_runner_of_an_older_version_beats_and_done_when_it_has_gone(
    opened: RedisClient, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_old_store(server)
    server.zadd("rulemint:runners", {"host:runner_1": unix_ms() + 60_000})
    monkeypatch.setattr(layout, "ENDS_WITHIN_S", 0.3)
    with pytest.raises(LayoutError, match="host:runner_1"):
        await ensure_layout(opened)
    monkeypatch.setattr(layout, "ENDS_WITHIN_S", 10)
    leaving = threading.Timer(0.4, lambda: server.zrem("rulemint:runners", "host:runner_1"))
    leaving.start()
    await ensure_layout(opened)
    leaving.join()
    assert server.get(redis_keys.LAYOUT) == b"2"


async def test_it_stops_if_a_process_of_an_older_version_starts_in_the_middle_of_it(
    opened: RedisClient, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renaming, "AT_ONCE", 5)
    kept = write_old_store(server)
    looked = 0

    async def living(_redis: RedisClient) -> list[str]:
        nonlocal looked
        looked += 1
        return ["gateway_late"] if looked == 4 else []

    monkeypatch.setattr(layout, "living_processes", living)
    with pytest.raises(LayoutError, match="gateway_late"):
        await ensure_layout(opened)
    assert changed(server, kept)
    assert not server.exists(redis_keys.LAYOUT)
    await ensure_layout(opened)
    assert changed(server, kept) == []


async def test_it_waits_for_another_version_that_is_in_the_middle_of_it_with_one_clear_line(
    opened: RedisClient, server: redis.Redis
) -> None:
    write_old_store(server)
    server.set(redis_keys.MOVING, "3 somebody", px=60_000)
    with pytest.raises(LayoutError, match="another version of Rulemint renames everything"):
        await ensure_layout(opened)


async def test_a_store_of_a_later_layout_is_refused(opened: RedisClient, server: redis.Redis) -> None:
    server.set(redis_keys.LAYOUT, "3")
    with pytest.raises(LayoutError, match="have layout 3, and this version knows 2"):
        await ensure_layout(opened)


@pytest.mark.parametrize("name", ["rulemint:key-check", "rulemint:acme:clients"])
async def test_what_an_older_version_wrote_after_its_data_was_renamed_is_named_and_never_overwritten(
    opened: RedisClient, server: redis.Redis, name: str
) -> None:
    kept = write_old_store(server)
    server.set(OLD_AND_NEW[name], "newer")
    with pytest.raises(LayoutError, match=f"{name} is there again"):
        await ensure_layout(opened)
    assert server.get(OLD_AND_NEW[name]) == b"newer"
    assert dumped(server, name) == kept[OLD_AND_NEW[name]]


async def test_an_empty_store_has_the_layout_at_once_and_nothing_else(opened: RedisClient, server: redis.Redis) -> None:
    await ensure_layout(opened)
    assert list(server.scan_iter()) == [redis_keys.LAYOUT.encode()]


async def test_old_data_that_is_restored_to_a_server_that_was_emptied_is_found(
    opened: RedisClient, server: redis.Redis
) -> None:
    await ensure_layout(opened)
    kept = write_old_store(server)
    await ensure_layout(opened)
    assert changed(server, kept) == []


async def test_a_gateway_that_waits_for_another_s_lock_ends_when_it_is_told_to(
    opened: RedisClient, server: redis.Redis
) -> None:
    server.set(redis_keys.MOVING, f"{layout.LAYOUT} another", px=60_000)
    waiting = asyncio.create_task(ensure_layout(opened))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await cancel([waiting])
