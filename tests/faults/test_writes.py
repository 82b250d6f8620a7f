"""Changes of the configuration when their reply is lost, and when the server keeps nothing on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import redis

from fixtures.fault_report import SLOW
from fixtures.processes import until
from fixtures.valkey_servers import Server, a_server
from fixtures.wires import Wire, a_wire
from rulemint_gateway.management.errors import ConflictError
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENTS, TENANTS
from rulemint_gateway.stores.writing.config_store import DEADLINE_S, Changes, ConfigStore, StoreUnavailableError
from rulemint_gateway.stores.writing.durability import Durability, NotDurableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Client, Tenant
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.connection import open_redis, open_subscriber


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with a_server(tmp_path / "master", "--appendonly", "yes") as made:
        yield made


class Store:
    """A gateway's store, and what a use case does with it."""

    def __init__(self, catalog: Catalog, store: ConfigStore, durability: Durability) -> None:
        self.catalog = catalog
        self.durability = durability
        self._store = store

    async def make_tenant(self) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(TENANTS, Tenant(name=DEFAULT_TENANT, issuer="https://iss/"))
            return changes

        await self._store.transact(DEFAULT_TENANT, plan)

    async def create(self, client_id: str) -> str:
        """As a client is created: a name that is taken is a conflict."""

        async def plan() -> Changes[str]:
            if client_id in self.catalog.tenant(DEFAULT_TENANT).clients:
                raise ConflictError("taken")
            changes = Changes(client_id)
            changes.put(CLIENTS, Client(client_id=client_id, name=client_id))
            return changes

        return await self._store.transact(DEFAULT_TENANT, plan)


@asynccontextmanager
async def a_store(
    url: str, listening_at: str, *, replicas: int = 0, deadline_s: float = DEADLINE_S
) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(url))
        direct = await stack.enter_async_context(open_redis(listening_at))
        subscriber = await stack.enter_async_context(open_subscriber(listening_at))
        catalog = Catalog(direct)
        await catalog.load()
        following = asyncio.create_task(catalog.keep_fresh(subscriber))
        stack.push_async_callback(cancel, [following])
        durability = Durability(redis, replicas=replicas)
        yield Store(catalog, ConfigStore(redis, catalog, durability=durability, deadline_s=deadline_s), durability)


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    async with a_wire(server.port) as made:
        yield made


async def test_a_change_whose_reply_was_lost_is_acknowledged_and_no_conflict(server: Server, wire: Wire) -> None:
    async with a_store(f"redis://127.0.0.1:{wire.port}", server.url) as store:
        await store.make_tenant()
        wire.lose_the_reply_to(b"EXEC")
        async with asyncio.timeout(20):
            assert await store.create("robot") == "robot"
        assert wire.lost_replies == 1
        assert "robot" in store.catalog.tenant(DEFAULT_TENANT).clients
        with redis.Redis.from_url(server.url) as admin:
            assert admin.xlen(redis_keys.audit(DEFAULT_TENANT)) == 2, "the tenant and the client, each told once"
        with pytest.raises(ConflictError):
            await store.create("robot")


async def test_a_server_that_keeps_changes_on_disk_later_is_asked_again(server: Server) -> None:
    with redis.Redis.from_url(server.url) as admin:
        async with a_store(server.url, server.url) as store:
            await store.make_tenant()
            assert store.durability.is_confirmed
            admin.config_set("appendonly", "no")
            await store.create("a")
            assert not store.durability.is_confirmed
            admin.config_set("appendonly", "yes")
            until(lambda: admin.info("persistence")["aof_rewrite_in_progress"] == 0)
            await store.create("b")
            assert store.durability.is_confirmed


async def test_a_server_that_is_behind_what_the_gateway_shows_takes_no_change(
    server: Server, wire: Wire, tmp_path: Path
) -> None:
    with a_server(tmp_path / "another", "--appendonly", "yes") as another:
        async with a_store(f"redis://127.0.0.1:{wire.port}", server.url, deadline_s=0.5) as store:
            await store.make_tenant()
            wire.lead_to(another.port)
            await wire.reset()
            async with asyncio.timeout(20):
                with pytest.raises(StoreUnavailableError):
                    await store.create("robot")
        with redis.Redis.from_url(another.url) as admin:
            assert admin.keys("*") == []


@pytest.mark.parametrize("appendonly", ["yes", "no"])
async def test_a_server_that_took_over_without_a_change_does_not_confirm_it(server: Server, appendonly: str) -> None:
    with redis.Redis.from_url(server.url) as admin:
        admin.config_set("appendonly", appendonly)
    async with open_redis(server.url) as opened:
        durability = Durability(opened)
        await opened.set(redis_keys.write_marker("kept"), 1)
        await durability.confirm(1, marker=redis_keys.write_marker("kept"))
        with pytest.raises(NotDurableError, match="took over"):
            await durability.confirm(2, marker=redis_keys.write_marker("lost"))


@SLOW
@pytest.mark.parametrize("appendonly", ["yes", "no"])
async def test_a_change_that_a_replica_does_not_have_is_not_acknowledged(
    server: Server, tmp_path: Path, appendonly: str
) -> None:
    with redis.Redis.from_url(server.url) as admin:
        admin.config_set("appendonly", appendonly)
    with a_server(tmp_path / "replica", "--appendonly", "yes") as replica:
        replica.replicate(server)
        until(replica.is_in_sync)
        async with a_store(server.url, server.url, replicas=1) as store:
            await store.make_tenant()
            await store.create("a")
            replica.stop()
            try:
                with pytest.raises(StoreUnavailableError, match="replicas"):
                    await store.create("b")
            finally:
                replica.go_on()
