"""N5: 64 MiB are left to the whole system, and rules take them. Hosts are lost, and no service is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.hostile_rules import HARMLESS
from fixtures.legs import REQUEST_DEADLINE_S, RULE_TIMEOUT_S
from fixtures.management import Management, open_management, read_exchange
from fixtures.memory_group import MemoryGroup, memory_group, why_no_memory_group
from fixtures.processes import BIN, Started, family_of, is_alive, started_dev
from fixtures.system import System
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(why_no_memory_group() is not None, reason=f"NOT TESTED HERE: {why_no_memory_group()}"),
]

LEFT_MIB, ENOUGH_MIB = 64, 2_048
AT_ONCE = 12
SERVICES = ("rulemint_gateway", "rulemint_runner", "rulemint_runner.egress", "rulemint_runner.sandbox.spawner")
FILLS = {
    "javascript": "export default () => { const kept = []; for (;;) kept.push(new Array(10000).fill(Math.random())); }",
    "python": "def rule(client, scope, audience, context):\n    kept = []\n    while True:\n"
    "        kept.append(bytearray(10**6))\n",
}
HOLDS = {  # what each rule may have, and twelve may not
    "javascript": "export default async () => {\n"
    "  const kept = Array.from({ length: 400 }, () => new Array(10000).fill(Math.random()));\n"
    "  await new Promise((resolve) => setTimeout(resolve, 1000));\n  return {};\n}",
    "python": "import time\n\n\ndef rule(client, scope, audience, context):\n    kept = bytearray(45 * 10**6)\n"
    "    time.sleep(1)\n    return {}\n",
}


@dataclass(frozen=True)
class Bounded:
    """A system in a group of its own."""

    group: MemoryGroup
    process: Started
    operator: Management

    def services(self) -> dict[str, int]:
        """The number of each service's process."""
        found = {}
        for pid in sorted(family_of(self.process.process.pid), reverse=True):
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            found.update({service: pid for service in SERVICES if service in command})
        return found


@pytest.fixture(scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bounded]:
    """The same system for every test: none may cost a service, so each finds it as the one before."""
    port, data_dir = free_port(), tmp_path_factory.mktemp("bounded") / "data"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    with memory_group() as group:
        command = group.command(str(BIN / "rulemint"))
        environment = {"RULEMINT_RULE_TIMEOUT": str(RULE_TIMEOUT_S)}
        with started_dev(environment, data_dir=data_dir, port=port, command=command) as process:
            system = System(f"http://127.0.0.1:{port}", data_dir, process)
            async with open_management(system.url, system.admin) as operator:
                yield Bounded(group, process, operator)


@pytest.fixture
def bounded(whole: Bounded) -> Bounded:
    """With memory enough, until a test says otherwise."""
    whole.group.leave(ENOUGH_MIB)
    return whole


@pytest.mark.parametrize("language", HARMLESS)
@pytest.mark.parametrize("scripts", [pytest.param(FILLS, id="fill it"), pytest.param(HOLDS, id="hold some of it")])
async def test_rules_that_take_the_machine_s_last_memory_cost_hosts_and_no_service(
    bounded: Bounded, scripts: dict[str, str], language: str
) -> None:
    services, killed = bounded.services(), bounded.group.kills()
    assert set(services) == set(SERVICES)
    attacker = bounded.operator
    client = await attacker.a_client()
    async with a_tenant(attacker) as neighbour, neighbour.rule(HARMLESS[language], language=language):
        neighbours_client = await neighbour.a_client()

        async def neighbour_asks() -> int:
            return (await neighbour.ask(neighbours_client.request())).status

        assert await neighbour_asks() == 200
        bounded.group.leave(LEFT_MIB)
        async with (
            attacker.rule(scripts[language], language=language, no_check=True),
            asyncio.timeout(REQUEST_DEADLINE_S + 1),
        ):
            asking = asyncio.create_task(neighbour_asks())  # may lose its host as well, but hears so
            answers = await asyncio.gather(*(attacker.ask(client.request()) for _ in range(AT_ONCE)))
            await asking
        records = [await read_exchange(attacker, answer.headers["x-request-id"]) for answer in answers]
        assert {record["outcome"] for record in records} & {"failed:crashed", "failed:out_of_memory"}
        await eventually(neighbour_asks, lambda status: status == 200)
    assert bounded.group.kills() > killed  # otherwise there was memory enough
    assert bounded.services() == services
    assert all(is_alive(pid) for pid in services.values())
