"""The log of tenants whose rules flood it, and of replies that are lost, with all services as processes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.management import Management, open_management
from fixtures.processes import Started, is_ready, started, until
from fixtures.runner_keys import make_runner_key
from fixtures.tenants import a_tenant
from fixtures.valkey_servers import a_server
from fixtures.waiting import eventually
from fixtures.watching import Record, Watch, watching
from fixtures.wires import Wire, a_wire
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

pytestmark = pytest.mark.timeout(120)

KEPT = 100
LINES = 1_500
LOUD = f"export default () => {{ for (let n = 0; n < {LINES}; n++) console.log(`line ${{n}}`) }}"
QUIET = "export default ({context}) => { console.log(context.body.marker) }"
DEFAULT = "default"


@dataclass(frozen=True)
class System:
    operator: Management
    server: RedisClient
    """The server itself, past the wires."""
    gateway_wire: Wire
    runner_wire: Wire
    gateway: Started
    runner: Started


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """Few log records are kept, so that a flood leaves the log before it can be read."""
    port, key = free_port(), make_runner_key(tmp_path)
    both = {"RULEMINT_LOG_HISTORY": str(KEPT)}
    gateway = {
        "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "RULEMINT_ADMIN_FILE": str(tmp_path / "admin.json"),
        "RULEMINT_PORT": str(port),
    }
    with a_server(tmp_path / "valkey", "--appendonly", "yes") as server:
        async with a_wire(server.port) as first, a_wire(server.port) as second, open_redis(server.url) as redis:
            urls = [{"RULEMINT_REDIS_URL": f"redis://127.0.0.1:{wire.port}"} for wire in (first, second)]
            with (
                started([sys.executable, "-m", "rulemint_gateway"], {**both, **gateway, **urls[0]}) as one,
                started(
                    [sys.executable, "-m", "rulemint_runner"],
                    {**both, "RULEMINT_RUNNER_KEY_FILE": str(key), **urls[1]},
                ) as two,
            ):
                await asyncio.to_thread(until, lambda: is_ready(port), failing=one, timeout_s=60)
                admin = json.loads((tmp_path / "admin.json").read_text())
                async with open_management(f"http://127.0.0.1:{port}", admin) as operator:
                    yield System(operator, redis, first, second, one, two)
                await asyncio.gather(asyncio.to_thread(one.stop), asyncio.to_thread(two.stop))  # the wires are ours
                assert "Traceback" not in one.output + two.output


def told_of(records: list[Record]) -> int:
    """How many records a watcher got or was told of as missing."""
    return sum(record["count"] if record["type"] == "dropped" else 1 for record in records)


async def until_told_of(watch: Watch, count: int) -> None:
    async def told() -> int:
        return told_of(watch.records)

    await eventually(told, lambda seen: seen >= count)


async def test_each_line_of_a_flood_is_shown_or_counted_and_another_tenant_loses_none(system: System) -> None:
    loud, tokens = system.operator, 6
    client = await loud.a_client()
    async with (
        a_tenant(loud) as quiet,
        loud.rule(LOUD),
        quiet.rule(QUIET),
        watching(loud) as of_loud,
        watching(quiet) as of_quiet,
    ):
        other = await quiet.a_client()
        markers = [f"line {number}" for number in range(13)]
        answers = await asyncio.gather(
            *(loud.ask(client.request()) for _ in range(tokens)),
            *(quiet.ask(other.request(marker=marker)) for marker in markers),
        )
        assert [answer.status for answer in answers] == [200] * len(answers)
        await of_quiet.until_ended(*(answer.headers["x-request-id"] for answer in answers[tokens:]))
        count = tokens * (LINES + 2)
        await until_told_of(of_loud, count)
        assert told_of(of_loud.records) == count
        assert Counter(record["type"] for record in of_quiet.records) == {
            "invocation.started": 13,
            "line": 13,
            "invocation.ended": 13,
        }
        first = of_loud.records[0]  # of one that is a `dropped`, the id is that of the last that it stands for
        assert await missed_since(loud, first["id"]) == count - told_of([first])


async def missed_since(management: Management, event_id: str) -> int:
    """What a reader of server-sent events is told of that comes back with the id of its last one."""
    headers = {"Authorization": f"Bearer {management.token}", "Last-Event-ID": event_id, "Accept": "text/event-stream"}
    async with (
        management.session.get(f"{management.url}/logs?follow=false", headers=headers) as response,
        asyncio.timeout(10),
    ):
        lines = (await response.read()).splitlines()
    records: list[Record] = [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]
    assert records[0]["type"] == "dropped"
    return told_of(records)


async def test_lines_and_token_requests_stand_there_once_though_replies_are_lost(system: System) -> None:
    management = system.operator
    client = await management.a_client()
    async with management.rule(QUIET), watching(management) as watch:
        first = await management.ask(client.request(marker="before"))  # by now the server knows the scripts
        await watch.until_ended(first.headers["x-request-id"])
        for wire in (system.gateway_wire, system.runner_wire):
            wire.lose_the_reply_to(b"EVALSHA")
        second = await management.ask(client.request(marker="lost"))
        assert second.status == 200
        await watch.until_ended(second.headers["x-request-id"])
        third = await management.ask(client.request(marker="after"))
        await watch.until_ended(third.headers["x-request-id"])
        kept = await eventually(lambda: exchanges(system.server), lambda seen: third.headers["x-request-id"] in seen)
    assert (system.gateway_wire.lost_replies, system.runner_wire.lost_replies) == (1, 1)
    records = [record for record in watch.records if record["type"] != "resumed"]
    assert [record["message"] for record in records if record["type"] == "line"] == ["before", "lost", "after"]
    assert len(records) == 9, "no beginning and no ending stands there twice, and none is missing"
    assert Counter(kept).most_common(1)[0][1] == 1, "no record stands there twice"
    assert {answer.headers["x-request-id"] for answer in (first, second, third)} <= set(kept)
    counted = await system.server.hvals(redis_keys.tokens_per_day(DEFAULT))  # type: ignore[misc]  # redis-py's stub is not async here
    assert sum(map(int, counted)) == len(kept), "each was granted, and counted once"


async def exchanges(server: RedisClient) -> list[str]:
    entries = await server.xrange(redis_keys.exchanges(DEFAULT))
    return [fields[b"id"].decode() for _id, fields in entries]
