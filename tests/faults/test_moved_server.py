"""The address of Valkey leads elsewhere: to the same data on another machine, or to another system's."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures.breakable import Breakable
from fixtures.calls import call
from fixtures.faults import Fault, cases, gone_through
from fixtures.processes import started, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.system import answers
from fixtures.valkey_servers import a_server

pytestmark = pytest.mark.timeout(120)

GATEWAY = (sys.executable, "-m", "rulemint_gateway")
OWN_HOSTS = ("unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"')
"""With a hosts file of its own, in place of a name server's answers."""
NAME = "valkey.test"


def status_of_a_change(port: int, token: str) -> int:
    return call(port, "/api/v2/clients", {"name": "new"}, token=token)[0]


async def another_system_answers(system: Breakable) -> None:
    """For a second, with a configuration, keys and clients of its own."""
    folder = system.folder / "another system"
    folder.mkdir()
    with a_server(folder / "valkey", "--appendonly", "yes") as another:
        environment = settings_of_a_gateway(folder, another.url)
        with started([*GATEWAY], environment) as process:
            await asyncio.to_thread(until, lambda: answers(int(environment["RULEMINT_PORT"])), failing=process)
        for wire in system.wires:
            wire.lead_to(another.port)
            system.workshop.run(wire.reset())
        await asyncio.sleep(1)
    for wire in system.wires:
        wire.lead_to(system.server.port)
        system.workshop.run(wire.reset())


ANOTHER = Fault(
    "another system's valkey answers",
    another_system_answers,
    may_refuse=frozenset({400, 401, 403}),
    writes_are_safe=False,
    is_slow=True,
)


@pytest.mark.parametrize("fault", cases([ANOTHER]))
async def test_nobody_gets_a_token_of_another_system_and_ours_come_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="NOT TESTED HERE: needs root, unshare")
def test_a_gateway_follows_the_name_of_its_server_to_another_address(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {NAME}\n")
    with a_server(tmp_path / "valkey", "--appendonly", "yes") as server:
        environment = settings_of_a_gateway(tmp_path, f"redis://{NAME}:{server.port}")
        port = int(environment["RULEMINT_PORT"])
        with started([*OWN_HOSTS, str(hosts), *GATEWAY], environment) as process:
            until(lambda: answers(port), failing=process)
            admin = json.loads((tmp_path / "admin.json").read_text())
            own = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
            token = call(port, "/oauth/token", {"grant_type": "client_credentials", **own})[2]["access_token"]
            server.kill()
            hosts.write_text(f"127.0.0.1 localhost\n127.0.0.2 {NAME}\n")
            server.start("--bind", "127.0.0.2")
            until(lambda: status_of_a_change(port, token) == 201, failing=process)
            assert "Traceback" not in process.output
