"""A gateway loses its subscription: it reads what it has missed, and that alone."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from bench.free_ports import free_port

from fixtures.management import Management
from fixtures.processes import Started, started, until
from fixtures.system import answers
from rulemint_gateway.stores.catalog.tables import CLIENTS
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Client
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import create_master_key

pytestmark = pytest.mark.timeout(60)


@asynccontextmanager
async def a_gateway(
    folder: Path, redis_url: str, session: aiohttp.ClientSession
) -> AsyncIterator[tuple[Started, Management]]:
    port, admin = free_port(), folder / "admin.json"
    environment = {
        "RULEMINT_REDIS_URL": redis_url,
        "RULEMINT_MASTER_KEY_FILE": str(folder / "master.key"),
        "RULEMINT_ADMIN_FILE": str(admin),
        "RULEMINT_ISSUER": "http://gateway.test/",
        "RULEMINT_PORT": str(port),
    }
    with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
        await asyncio.to_thread(until, lambda: answers(port), failing=process)
        gateway = Management(f"http://127.0.0.1:{port}", session, json.loads(admin.read_text()))
        await gateway.log_in()
        yield process, gateway


async def test_it_follows_again_and_reads_no_more_than_it_missed(tmp_path: Path, empty_redis_url: str) -> None:
    create_master_key(tmp_path / "master.key")
    async with (
        aiohttp.ClientSession() as session,
        open_redis(empty_redis_url) as server,
        a_gateway(tmp_path, empty_redis_url, session) as (_process, writer),
        a_gateway(tmp_path, empty_redis_url, session) as (process, gateway),
    ):
        client = await writer.a_client()
        await knows(gateway, client.client_id)
        unannounced = CLIENTS.codec.encode(Client(client_id="unannounced", name="unannounced"))
        await server.hset(CLIENTS.key("default"), "unannounced", unannounced)  # type: ignore[arg-type,misc]  # bytes
        for number in range(5):
            await server.client_kill_filter(_type="pubsub")
            made = await writer.create("clients", {"name": f"while it was lost {number}"})
            await knows(gateway, made["client_id"])
            assert (await gateway.ask(client.request())).status == 200
        assert (await gateway.call("GET", "/api/v2/clients/unannounced")).status == 404
        assert "reading the whole configuration" not in process.output
        await server.delete(redis_keys.CHANGE_LOG)
        await server.incr(redis_keys.REVISION)
        await knows(gateway, "unannounced")
        assert (await gateway.ask(client.request())).status == 200
        assert "reading the whole configuration" in process.output


async def knows(gateway: Management, client_id: str) -> None:
    """Wait, bounded, until it does."""
    async with asyncio.timeout(10):
        while (await gateway.call("GET", f"/api/v2/clients/{client_id}")).status != 200:
            await asyncio.sleep(0.02)
