"""What a large store costs: the start of a gateway, a lost subscription, a page of clients, memory.

``python -m bench.stores --clients 500000`` starts a Valkey and one gateway process of its own, writes so many clients
with a grant each into the store, starts the gateway again, and measures it from outside. Tokens need no rule, so there
is no runner but a name of one that counts as alive.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs

import aiohttp
import msgspec

from bench.command import number, run
from bench.load import Request
from bench.peers.valkey import started_valkey
from bench.stores.filling import fill
from bench.stores.gateway import RunningGateway, started_gateway
from bench.stores.measuring import Disturbed, Measured
from bench.subjects.ours import make_request
from bench.system import System, resident_kib
from bench.tenants import log_in
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import create_master_key

TENANT_HOST = {"Host": "bench.test"}
FAR_FUTURE_MS = 10**15
MIB = 1_024


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name:
        folder = Path(name)
        create_master_key(folder / "master.key")
        with started_valkey(folder) as (_child, socket):
            _measure(folder, f"unix://{socket}", arguments)
    return 0


def _measure(folder: Path, server: str, arguments: argparse.Namespace) -> None:
    asyncio.run(_count_a_runner(server))
    with started_gateway(folder, server) as gateway:
        _say("an empty store", _started(gateway))
        token = asyncio.run(_made(gateway, folder))
    began_s = time.monotonic()
    asyncio.run(_filled(server, token, arguments))
    spread = f"{arguments.clients:,} clients in {arguments.tenants:,} tenants"
    _say(spread, f"written in {time.monotonic() - began_s:.1f} s")
    for _ in range(arguments.starts):
        with started_gateway(folder, server) as gateway:
            _say("a start", _started(gateway))
    with started_gateway(folder, server) as gateway:
        asyncio.run(_disturbed(gateway, folder, server, token, arguments))
        _say("at the end", _memory(gateway))


async def _count_a_runner(server: str) -> None:
    """For as long as the bench lasts there is one, by name."""
    async with open_redis(server) as redis:
        await redis.zadd(redis_keys.RUNNERS, {"bench": FAR_FUTURE_MS})


async def _made(gateway: RunningGateway, folder: Path) -> Request:
    """What the client sends that is copied."""
    system = System(gateway.url, _admin(folder), None)  # type: ignore[arg-type]  # there is but one process
    async with aiohttp.ClientSession() as session:
        headers = await log_in(session, system.url, system.admin, TENANT_HOST)
        return await make_request(session, system, "RS256", {**TENANT_HOST, **headers})


async def _filled(server: str, token: Request, arguments: argparse.Namespace) -> None:
    client_id = parse_qs(token.body)["client_id"][0]
    async with open_redis(server) as redis:
        await fill(redis, client_id, clients=arguments.clients, tenants=arguments.tenants)


async def _disturbed(
    gateway: RunningGateway, folder: Path, server: str, token: Request, arguments: argparse.Namespace
) -> None:
    async with aiohttp.ClientSession() as session, open_redis(server) as redis:
        headers = {**TENANT_HOST, **await log_in(session, gateway.url, _admin(folder), TENANT_HOST)}
        asked = msgspec.structs.replace(token, url=f"{gateway.url}/oauth/token")
        disturbed = Disturbed(session, redis, asked, headers, gateway)
        _show(await disturbed.tokens("undisturbed", disturbed.nothing))
        for _ in range(arguments.times):
            _show(await disturbed.tokens("a lost subscription", disturbed.lose_subscription))
        _show(await disturbed.cost())
        _show(await disturbed.tokens("everything is read again", disturbed.read_everything))
        for noun, query in await _pages(redis, arguments.clients // arguments.tenants):
            _show(await disturbed.page(noun, query))


async def _pages(redis: RedisClient, clients: int) -> list[tuple[str, str]]:
    """First, middle and last, with what else the list takes."""
    [some_client] = await redis.hrandfield(redis_keys.clients("default"), 1)
    last = max(clients // 100 - 1, 0)
    return [
        ("clients", "page=0&per_page=100&include_totals=true"),
        ("clients", f"page={last // 2}&per_page=100"),
        ("clients", f"page={last}&per_page=100"),
        ("clients", "app_type=spa&page=3&per_page=100&include_totals=true"),
        ("clients", f"app_type=non_interactive&is_first_party=true&page={last // 2}&per_page=100"),
        ("clients", "is_global=true&include_totals=true"),
        ("clients", f"take=100&from={some_client.decode()}"),
        ("client-grants", f"page={last // 2}&per_page=100&include_totals=true"),
        ("client-grants", f"client_id={some_client.decode()}"),
        ("client-grants", f"audience=https%3A%2F%2Frs256.bench.test%2F&page={last // 2}&per_page=100"),
    ]


def _admin(folder: Path) -> dict[str, str]:
    admin: dict[str, str] = json.loads((folder / "admin.json").read_text())
    return admin


def _started(gateway: RunningGateway) -> str:
    processor_s = gateway.processor_ms() / 1_000
    return f"ready after {gateway.ready_s:.2f} s, processor {processor_s:.2f} s, {_memory(gateway)}"


def _memory(gateway: RunningGateway) -> str:
    resident, peak = resident_kib(gateway.pid), resident_kib(gateway.pid, "VmHWM:")
    return f"resident {resident // MIB} MiB, at its peak {peak // MIB} MiB"


def _show(measured: Measured) -> None:
    _say(measured.name, measured.figures)


def _say(name: str, figures: str) -> None:
    sys.stdout.write(f"{name}: {figures}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.stores", description=__doc__)
    parser.add_argument("--clients", type=number, default=500_000, help="in all tenants (default: 500000)")
    parser.add_argument("--tenants", type=number, default=1, help="that they are spread over (default: 1)")
    parser.add_argument("--starts", type=number, default=3, help="how often the gateway is started (default: 3)")
    parser.add_argument("--times", type=number, default=3, help="how often the subscription is lost (default: 3)")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
