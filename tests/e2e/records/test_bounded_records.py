"""What is kept of token requests and calls: junk displaces nothing, and nobody's records take more than they may."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bench.free_ports import free_port

from fixtures.keyspace import valkey_of
from fixtures.management import Answer, ApiClient, Management, open_management, read_exchange
from fixtures.processes import started_dev
from fixtures.system import System
from rulemint_shared.contract import redis_keys

MIB = 1024 * 1024
SETTINGS = {
    "RULEMINT_REFUSALS_PER_SOURCE": "20",
    "RULEMINT_FAILURES_PER_CLIENT": "0",
    "RULEMINT_FAILURES_PER_SOURCE": "0",
    "RULEMINT_REFUSAL_BYTES": str(MIB),
    "RULEMINT_EXCHANGES_KEPT": "1000",
    "RULEMINT_EXCHANGE_BYTES": str(8 * MIB),
    "RULEMINT_EXCHANGE_RECORD_BYTES": str(256 * 1024),
    "RULEMINT_LOG_HISTORY_BYTES": str(2 * MIB),
    "RULEMINT_LOG_HISTORY": "1000000",
}
CHATTY = "export default () => { for (let n = 0; n < 1500; n++) console.log(n, 'x'.repeat(100)); return {}; };"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    data_dir = tmp_path_factory.mktemp("records") / "data"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    port = free_port()
    with started_dev(SETTINGS, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


@pytest.fixture
async def management(system: System) -> AsyncIterator[Management]:
    async with open_management(system.url, system.admin) as opened:
        yield opened


async def taken_by(system: System, stream: Callable[[str], str]) -> int:
    """Bytes of the server's memory."""

    def ask() -> int:
        with valkey_of(system.data_dir) as server:
            return int(server.memory_usage(stream("default"), samples=0) or 0)

    return await asyncio.to_thread(ask)


def junk(client: ApiClient) -> Iterator[dict[str, Any]]:
    """Requests that anybody can send, each as large as it may be."""
    scope = " ".join(f"{number:0200d}" for number in range(250))
    bodies: list[dict[str, Any]] = [
        {"json": client.request(client_secret="wrong", scope=scope)},
        {"json": {**client.request(client_secret="wrong"), "x": "y" * 50_000}},
        {"json": client.request(client_id="c" * 50_000)},
        {"json": client.request(client_id="nobody", audience="https://" + "a" * 50_000)},
        {"json": {}},
        {"data": b"{" * 1_000, "headers": {"Content-Type": "application/json", "User-Agent": "u" * 4_000}},
        {"data": b"x", "headers": {"Content-Type": "text/plain"}},
        {"json": {"grant_type": "g" * 50_000}},
    ]
    return itertools.cycle(bodies)


async def flood(management: Management, client: ApiClient, count: int) -> list[Answer]:
    sent = itertools.islice(junk(client), count)

    async def send_in_turn() -> list[Answer]:
        return [await management.ask(**each) for each in sent]

    return list(itertools.chain(*await asyncio.gather(*(send_in_turn() for _ in range(8)))))


async def test_junk_pushes_no_token_out_and_takes_little(management: Management, system: System) -> None:
    client = await management.a_client()
    granted = [await management.ask(client.request()) for _ in range(20)]
    refused = await flood(management, client, 2_000)
    granted += [await management.ask(client.request()) for _ in range(20)]
    assert {answer.status for answer in granted} == {200}
    assert 200 not in {answer.status for answer in refused}
    for answer in granted:
        assert (await read_exchange(management, answer.headers["x-request-id"]))["status"] == 200
    log = (await management.call("GET", "/api/v2/logs?per_page=100")).body
    shown = {entry["details"]["exchange_id"] for entry in log if entry["type"] in {"seccft", "feccft"}}
    assert shown >= {answer.headers["x-request-id"] for answer in granted}
    kept = [entry for entry in log if entry["type"] == "feccft"]
    assert 0 < len(kept) <= 21
    by_id = {answer.headers["x-request-id"]: answer for answer in refused if "x-request-id" in answer.headers}
    first = next(exchange_id for entry in kept if (exchange_id := entry["details"]["exchange_id"]) in by_id)
    record = await read_exchange(management, first)
    assert record["status"] == by_id[first].status
    assert len(str(record)) < 12_000
    assert await taken_by(system, redis_keys.refused_requests) < MIB


async def test_a_checkpoint_goes_through_refusals_and_tokens_without_a_gap(management: Management) -> None:
    client = await management.a_client()
    asked = [
        await management.ask(client.request(client_secret="wrong") if number % 2 else client.request())
        for number in range(10)
    ]
    for answer in asked:
        if answer.status == 200:
            await read_exchange(management, answer.headers["x-request-id"])
    seen: list[str] = []
    entries = (await management.call("GET", "/api/v2/logs?take=3")).body
    while entries:
        seen += [entry["log_id"] for entry in entries]
        entries = (await management.call("GET", f"/api/v2/logs?take=3&from={seen[-1]}")).body
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    newest = (await management.call("GET", "/api/v2/logs?per_page=100")).body
    # The newest, because records that are still being written push out the oldest while we look.
    there = [entry["log_id"] for entry in reversed(newest) if entry["log_id"] <= seen[-1]]
    assert len(there) >= len(asked)
    assert there == [log_id for log_id in seen if log_id in set(there)]


async def test_a_chatty_flow_takes_what_a_tenant_may_have_and_no_more(management: Management, system: System) -> None:
    client = await management.a_client()
    answers: list[Answer] = []
    async with management.rule(CHATTY), management.rule(CHATTY):
        for _ in range(6):
            answers += await asyncio.gather(*(management.ask(client.request()) for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    record = await read_exchange(management, answers[-1].headers["x-request-id"])
    assert len(record["lines"]) + record["lines_left_out"] == 3_000
    assert 500 < len(record["lines"]) < 3_000
    assert 4 * MIB < await taken_by(system, redis_keys.exchanges) < 10 * MIB
    assert MIB < await taken_by(system, redis_keys.logs) < 2.5 * MIB
    live = await management.call("GET", "/logs?tail=10&follow=false")
    assert len(live.text.splitlines()) >= 10


async def test_one_client_s_refused_calls_do_not_push_out_another_s(management: Management, system: System) -> None:
    other = await management.create("clients", {"name": "other"})
    grant = {"client_id": other["client_id"], "audience": system.admin["audience"], "scope": ["create:clients"]}
    await management.create("client-grants", grant)
    login = {
        "grant_type": "client_credentials",
        "client_id": other["client_id"],
        "client_secret": other["client_secret"],
        "audience": system.admin["audience"],
    }
    token = (await management.ask(login)).body["access_token"]
    assert (await management.call("POST", "/api/v2/rules", {"name": "x"}, token=token)).status == 403
    for _ in range(300):
        assert (await management.call("POST", "/api/v2/clients", {"name": 7})).status == 400
    assert (await management.call("POST", "/api/v2/clients", {"name": 7}, token=token)).status == 400
    log = (await management.call("GET", "/api/v2/logs?per_page=100")).body
    refused = [entry["client_id"] for entry in log if entry["type"] == "fapi"]
    assert refused.count(other["client_id"]) == 2
    assert refused.count(system.admin["client_id"]) == 20
