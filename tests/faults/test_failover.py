"""The master dies, or another one takes its place: tokens come again by themselves, and nothing that counts is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
import redis
from bench.free_ports import free_port

from fixtures.counted_runs import CountedRuns, counted_rule, counted_runs, host
from fixtures.fault_report import SEEN, SLOW
from fixtures.processes import until
from fixtures.running import Running, running
from fixtures.sentinels import MASTER, Replicated, replicated
from fixtures.steady_load import CALM_S, Load, calm, outage_s, seen
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT
from rulemint_shared.contract import redis_keys

pytestmark = [pytest.mark.timeout(180), SLOW]

WRITES_PER_SECOND = 10
OUTAGE_S = 10.0
ANSWERED_WITHIN_S = 12.0
"""The deadline of a request, a second, and a busy machine."""


@dataclass(frozen=True)
class Scene:
    """Services whose servers have sentinels, and a client whose rule has each run of it counted."""

    servers: Replicated
    services: Running
    asked: dict[str, str]
    counted_at: int
    per_second: int
    record: Callable[[str, object], None] = print


@pytest.fixture(scope="module")
def module_scene(tmp_path_factory: pytest.TempPathFactory, faults_rate: int) -> Iterator[Scene]:
    folder, port = tmp_path_factory.mktemp("services"), free_port()
    with replicated(tmp_path_factory.mktemp("replicated")) as servers:
        both = {"RULEMINT_REDIS_URL": servers.url, "RULEMINT_SENTINEL_PASSWORD_FILE": str(servers.password_file)}
        with running(folder, both, runners=2, for_gateway={"RULEMINT_REPLICAS_ACK": "1"}) as services:
            asked = services.make_client(counted_rule(port), calls=host(port))
            yield Scene(servers, services, asked, port, faults_rate)


@pytest.fixture
def scene(module_scene: Scene, record_property: Callable[[str, object], None]) -> Iterator[Scene]:
    """As at the beginning, but for who is master."""
    yield replace(module_scene, record=record_property)
    module_scene.servers.mend()


async def test_when_the_master_is_killed_tokens_come_again_by_themselves_and_no_rule_runs_twice(scene: Scene) -> None:
    old = scene.servers.master()

    async def kill() -> None:
        old.kill()

    outcome = await under_load(scene, kill)
    assert outcome.lost_writes == set()
    assert scene.servers.master_port() != old.port


async def test_the_old_master_comes_back_as_a_replica_and_nobody_notices(scene: Scene) -> None:
    old = scene.servers.master()
    old.kill()
    await asyncio.to_thread(until, lambda: scene.servers.master_port() not in {0, old.port}, timeout_s=60)

    async def come_back() -> None:
        await asyncio.to_thread(scene.servers.mend)

    assert await under_load(scene, come_back) == Outcome({200}, lost_writes=set())
    assert scene.servers.master_port() != old.port


async def test_a_master_that_is_relieved_of_its_office_costs_a_moment(scene: Scene) -> None:
    """It goes on for a moment with the other replica: only `RULEMINT_REPLICAS_ACK=2` would keep what it takes."""
    old = scene.servers.master()

    async def relieve() -> None:
        scene.servers.sentinels[0].ask("SENTINEL", "FAILOVER", MASTER)
        await asyncio.to_thread(until, lambda: scene.servers.master_port() not in {0, old.port}, timeout_s=60)

    await under_load(scene, relieve)


async def test_tokens_go_on_without_any_sentinel(scene: Scene) -> None:
    async def kill_all() -> None:
        for sentinel in scene.servers.sentinels:
            sentinel.kill()

    assert await under_load(scene, kill_all) == Outcome({200}, lost_writes=set())


@dataclass
class Writes:
    """Clients that an administrator makes one after the other."""

    port: int
    token: str
    acknowledged: list[str] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    """The statuses of those that were not."""

    async def run(self, stop: asyncio.Event) -> None:
        url, headers = f"http://127.0.0.1:{self.port}/api/v2/clients", {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            while not stop.is_set():
                async with session.post(url, json={"name": "made under load"}) as answer:
                    body = await answer.json()
                    if answer.status == 201:
                        self.acknowledged.append(body["client_id"])
                    else:
                        self.others.append(answer.status)
                await asyncio.sleep(1 / WRITES_PER_SECOND)


@dataclass(frozen=True)
class Outcome:
    """What of it depends on the fault."""

    statuses: set[int]
    """Of all answers to token requests."""
    lost_writes: set[str]
    """Clients whose making was acknowledged, and that are not there."""


async def under_load(scene: Scene, fault: Callable[[], Awaitable[None]]) -> Outcome:
    """Cause *fault* in the middle of a load, which ends when tokens come again; everything that is promised holds."""
    services = scene.services
    load = Load(services.port, scene.asked, scene.per_second)
    writes = Writes(services.port, await asyncio.to_thread(services.token))
    stop = asyncio.Event()
    async with counted_runs(scene.counted_at) as runs, asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run(stop))
        tasks.create_task(writes.run(stop))
        await calm(load)
        await fault()
        await asyncio.sleep(CALM_S)
        await calm(load)
        stop.set()
    check(load, writes, runs, scene)
    await asyncio.to_thread(scene.servers.mend)
    with redis.Redis.from_url(scene.servers.master().url) as master:
        kept = {name.decode() for name in master.hkeys(redis_keys.clients(DEFAULT_TENANT))}
    return Outcome({answer.status for answer in load.answers}, lost_writes=set(writes.acknowledged) - kept)


def check(load: Load, writes: Writes, runs: CountedRuns, scene: Scene) -> None:
    """What is promised whatever becomes of the master."""
    assert len(load.answers) == load.sent
    assert {(a.status, a.retry_after is not None) for a in load.answers} <= {(200, False), (503, True)}
    assert max(a.answered_at_s - a.asked_at_s for a in load.answers) < ANSWERED_WITHIN_S
    scene.record(SEEN, seen(load.answers))
    assert outage_s(load.answers) <= OUTAGE_S
    assert [number for number, times in runs.of.items() if times > 1] == []
    assert {a.number for a in load.answers if a.status == 200} <= set(runs.of)
    assert set(writes.others) <= {503}
    assert writes.acknowledged
    assert [process.process.poll() for process in scene.services.processes] == [None, None, None]
