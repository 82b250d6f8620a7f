"""What the index of exchange records costs, and how soon a page of them is there.

``python -m bench.exchanges --records 1000000`` starts a Valkey and one gateway process of its own. It writes so many
exchange records into the tenant ``default``, as a gateway does, and then asks for pages of them over HTTP. Before that,
two other tenants take turns: one whose records join the index, and one whose records do not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
from yarl import URL

from bench.command import number, run
from bench.peers.valkey import started_valkey
from bench.processes import processor_us
from bench.stores.gateway import RunningGateway, started_gateway
from bench.tenants import log_in
from rulemint_gateway.stores.traffic.exchange_names import names_of
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord, FlowMember, Timings
from rulemint_shared.contract.messages import HostStart, RanOn, RuleReport
from rulemint_shared.ids import new_exchange_id
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import create_master_key
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds
from rulemint_shared.streams.sending import send

WIDE = StreamBounds(entries=100_000_000, bytes=2**40)
RULES, RARE = 5, 3
TURN_RECORDS = 5_000
BENCH_HOST = {"Host": "bench.test"}
SEED = 22
FAR_FUTURE_MS = 10**15


class Turn(NamedTuple):
    """Processor time of a turn of writing, in µs for each record."""

    writer_us: float
    valkey_us: float


class Records:
    """Makes records of a tenant, each a millisecond younger than the one before."""

    def __init__(self, tenant: str, count: int, clients: int) -> None:
        self._clients = clients
        self.tenant = tenant
        self.made: list[str] = []
        """Ids of some of them."""
        self._draw = random.Random(SEED)  # noqa: S311  # what is drawn protects nothing
        self._began_ms = unix_ms() - count
        self._rare = {count * place // (RARE + 1) for place in range(1, RARE + 1)}
        self._number = 0

    def next(self, many: int) -> list[ExchangeRecord]:
        """The next ones."""
        return [self._record() for _ in range(many)]

    def _record(self) -> ExchangeRecord:
        self._number += 1
        draw, began_ms = self._draw.random(), self._began_ms + self._number
        name, rule = new_exchange_id(began_ms), f"rule-{int(draw * 1_000) % RULES}"
        client = "rare-client" if self._number in self._rare else f"client-{int(self._clients * draw**3):04}"
        outcome = "granted" if draw < 0.95 else "denied" if draw < 0.99 else "failed:timeout"
        if self._number % 1_000 == 0:
            self.made.append(name)
        on = RanOn(3, self._number % 5_000, HostStart.WARM, 0.08, "Deno 2.5.6", "0.1.0", "", 5.0, 128, 262_144, 65_536)
        report = RuleReport(
            rule=rule, version=7, scope_given=["read"], scope_added=["write"], duration_ms=1.3, ran_on=on,
            claims_set={"https://bench.test/plan": "gold", "https://bench.test/region": "eu-1"},
        )  # fmt: skip
        return ExchangeRecord(
            id=name, tenant=self.tenant, started_at_ms=began_ms, status=200 if outcome == "granted" else 403,
            outcome=outcome, client_id=client, client_name=client, audience="https://bench.test/", ip="192.0.2.7",
            scope_asked=["read"], scope_granted=["read", "write"], user_agent="bench/1.0", rules=[report], jti=name,
            parameters={"grant_type": "client_credentials", "client_id": client, "client_secret": "***"},
            kid="P2rKTRRr4gavlihK48hJ-IeakbRy2zNzBeOj-fNEegw", secret_name="first",  # noqa: S106  # a name, no secret
            first_rule=rule, first_version=7,
            timings=Timings(authenticate_ms=0.2, gateway_ms=0.3, queue_ms=0.6, rules_ms=1.6, return_ms=0.5,
                            validate_ms=0.1, mint_ms=0.7, total_ms=4.2),
            flow=[FlowMember("rul_WiSqxiTVjJqzw44w", rule, 7, 1)], config_revision=57, exp=began_ms // 1_000 + 86_400,
        )  # fmt: skip


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as name:
        folder = Path(name)
        create_master_key(folder / "master.key")
        with started_valkey(folder) as (child, socket):
            asyncio.run(_measure(folder, f"unix://{socket}", child.pid, arguments))
    return 0


async def _measure(folder: Path, server: str, valkey: int, arguments: argparse.Namespace) -> None:
    async with open_redis(server) as redis:
        await redis.zadd(redis_keys.RUNNERS, {"bench": FAR_FUTURE_MS})  # a gateway without runners is not ready
        for clients in sorted({1, 10, arguments.clients}):
            await _compare(redis, valkey, clients, arguments)
        records = Records("default", arguments.records, arguments.clients)
        began_s, marks = time.monotonic(), Marks()
        for _ in range(0, arguments.records, arguments.batch):
            await _write(redis, marks, records.next(arguments.batch), with_index=True)
        _say("written", f"{arguments.records:,} records in {time.monotonic() - began_s:.0f} s")
        stream = redis_keys.exchanges("default")
        sizes = [await redis.memory_usage(name, samples=0) or 0 for name in (stream, redis_keys.stream_index(stream))]
        each = [size / arguments.records for size in sizes]
        _say("memory of a record", f"{each[0]:.0f} bytes in its stream, {each[1]:.0f} in the index")
    with started_gateway(folder, server) as gateway:
        admin = json.loads((folder / "admin.json").read_text())
        async with aiohttp.ClientSession() as session:
            headers = {**BENCH_HOST, **await log_in(session, gateway.url, admin, BENCH_HOST)}
            for name, query in _queries(records):
                await _page(session, gateway, headers, name, query, times=arguments.times)


async def _compare(redis: RedisClient, valkey: int, clients: int, arguments: argparse.Namespace) -> None:
    """Turns with and without the index, each from the same records, of so many clients."""
    turns: dict[bool, list[Turn]] = {True: [], False: []}
    marks = Marks()
    for turn in range(2 * arguments.rounds):
        with_index = turn % 2 == 0
        records = Records("with" if with_index else "without", TURN_RECORDS, clients)
        batches = [records.next(arguments.batch) for _ in range(0, TURN_RECORDS, arguments.batch)]
        writer_s, server_us = time.process_time(), _processor_us(valkey)
        for batch in batches:
            await _write(redis, marks, batch, with_index=with_index)
        count = sum(map(len, batches))
        us = Turn((time.process_time() - writer_s) * 1e6 / count, (_processor_us(valkey) - server_us) / count)
        turns[with_index].append(us)
    for with_index, measured in turns.items():
        writer, server = (statistics.median(each) for each in zip(*measured, strict=True))
        name = f"{clients:,} clients, {'with' if with_index else 'without'} an index"
        _say(name, f"a record: writer {writer:.2f} µs, Valkey {server:.2f} µs")


def _processor_us(pid: int) -> float:
    return float(sum(processor_us([pid]).values()))


async def _write(redis: RedisClient, marks: Marks, records: list[ExchangeRecord], *, with_index: bool) -> None:
    stream = redis_keys.exchanges(records[0].tenant)
    entries: list[tuple[str | bytes, ...]] = [
        ("id", each.id, "record", codecs.exchange.encode_own(each)) for each in records
    ]
    names = names_of(stream, records) if with_index else None
    if await send(redis, [Addition(stream, entries, WIDE, mark=marks.next(), names=names)]):
        raise SystemExit("the server refused records")


def _queries(records: Records) -> Iterator[tuple[str, str]]:
    middle = records.made[len(records.made) // 2]
    middle_s = int(middle[4:16], 16) // 1_000
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(middle_s))
    yield "the newest", ""
    yield "a busy client", "client_id=client-0000"
    yield "a client with few", "client_id=client-0900"
    yield "a client with three", "client_id=rare-client"
    yield "a client with none", "client_id=nobody"
    yield "a rule", "rule=rule-3"
    yield "what failed", "outcome=failed"
    yield "a busy client's denied", "client_id=client-0000&outcome=denied"
    yield "a rule's failed", "rule=rule-1&outcome=failed:timeout"
    yield "until the middle", f"until={quote(until)}"
    yield "a client until the middle", f"client_id=client-0900&until={quote(until)}"
    yield "a client, oldest first", "client_id=client-0900&sort=date:1"
    yield "a token by its jti", f"jti={middle}"


async def _page(
    session: aiohttp.ClientSession,
    gateway: RunningGateway,
    headers: dict[str, str],
    name: str,
    query: str,
    *,
    times: int,
) -> None:
    """The time of a page of 50, over HTTP; what others do on the machine lengthens it, but not the processor time."""
    url, processor_ms = f"{gateway.url}/api/v2/exchanges", gateway.processor_ms()
    took_ms: list[float] = []
    answer: dict[str, Any] = {}
    for _ in range(times):
        began_s = time.perf_counter()
        async with session.get(URL(f"{url}?{query}", encoded=True), headers=headers) as response:
            answer = await response.json()
        took_ms.append((time.perf_counter() - began_s) * 1_000)
        if response.status != HTTPStatus.OK:
            raise SystemExit(f"{name}: {answer}")
    rest = ", and more" if "next" in answer else ""
    shown = f"{len(answer['exchanges'])} shown{rest}"
    processor_ms = (gateway.processor_ms() - processor_ms) / times
    took = f"median {statistics.median(took_ms):.1f} ms, longest {max(took_ms):.1f} ms, processor {processor_ms:.1f} ms"
    _say(name, f"{took}: {shown}")


def _say(name: str, figures: str) -> None:
    sys.stdout.write(f"{name:<34} {figures}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.exchanges", description=__doc__)
    parser.add_argument("--records", type=number, default=1_000_000, help="written (default: 1000000)")
    parser.add_argument("--clients", type=number, default=1_000, help="that take turns, few often (default: 1000)")
    parser.add_argument("--batch", type=number, default=50, help="records of one addition (default: 50)")
    parser.add_argument("--rounds", type=number, default=10, help="turns with and without the index (default: 10)")
    parser.add_argument("--times", type=number, default=20, help="each page (default: 20)")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
