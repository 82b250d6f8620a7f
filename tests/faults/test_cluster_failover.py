"""Services on a cluster: the death of a node costs what needs it, until another node has what it had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from bench.free_ports import free_port

from fixtures.clusters import Cluster, a_cluster
from fixtures.counted_runs import counted_rule, counted_runs, host
from fixtures.fault_report import SEEN, SLOW
from fixtures.running import Running, running
from fixtures.steady_load import Load, calm, outage_s, seen
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT
from rulemint_shared.contract import redis_keys

pytestmark = [pytest.mark.timeout(180), SLOW]

PER_SECOND = 30
OUTAGE_S = 10.0
TOLERATED = 0.1
"""Of all requests, on a machine that is busy with other things; an outage takes half of them."""


@dataclass(frozen=True)
class Scene:
    """Services, and a client whose rule has each run of it counted."""

    cluster: Cluster
    services: Running
    asked: dict[str, str]
    counted_at: int


@pytest.fixture(scope="module")
def module_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder, port = tmp_path_factory.mktemp("services"), free_port()
    with a_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        apart(cluster, redis_keys.queue(0), redis_keys.RUNNERS)
        with running(folder, {"RULEMINT_REDIS_URL": cluster.url}) as services:
            asked = services.make_client(counted_rule(port), calls=host(port))
            yield Scene(cluster, services, asked, port)


@pytest.fixture
def scene(module_scene: Scene) -> Iterator[Scene]:
    yield module_scene
    module_scene.cluster.mend()


def apart(cluster: Cluster, *names: str) -> None:
    """What dies in one test has to leave the other standing."""
    assert len({cluster.master_of(name).port for name in names}) == len(names)


@pytest.mark.parametrize(
    ("dies", "costs_tokens"),
    [
        pytest.param(redis_keys.queue(0), True, id="the queue"),
        pytest.param(redis_keys.RUNNERS, False, id="who lives"),
        pytest.param(redis_keys.logs(DEFAULT_TENANT), False, id="what a tenant logs"),
    ],
)
async def test_when_a_node_dies_only_what_needs_it_waits_until_another_has_taken_over(
    scene: Scene, record_property: Callable[[str, object], None], dies: str, *, costs_tokens: bool
) -> None:
    load, stop = Load(scene.services.port, scene.asked, PER_SECOND), asyncio.Event()
    node = scene.cluster.master_of(dies)
    costs_tokens = costs_tokens or node is scene.cluster.master_of(redis_keys.queue(0))
    async with counted_runs(scene.counted_at) as runs, asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run(stop))
        await calm(load)
        node.kill()
        async with asyncio.timeout(60):
            while scene.cluster.master_of(dies) is node:
                await asyncio.sleep(0.05)
        await calm(load)
        stop.set()
    assert {(a.status, a.retry_after is not None) for a in load.answers} <= {(200, False), (503, True)}
    record_property(SEEN, seen(load.answers))
    assert outage_s(load.answers) <= OUTAGE_S
    refused = sum(answer.status != 200 for answer in load.answers)
    assert costs_tokens or refused <= load.sent * TOLERATED
    assert [number for number, times in runs.of.items() if times > 1] == []
    assert [process.process.poll() for process in scene.services.processes] == [None, None]
