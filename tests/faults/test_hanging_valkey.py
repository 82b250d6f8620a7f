"""A Valkey that hangs: who asks is answered by the deadline all the same, and who stops us does not wait long."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.calls import call
from fixtures.fault_report import SLOW
from fixtures.processes import Started, is_ready, started, until
from fixtures.runner_keys import make_runner_key
from fixtures.valkey_servers import Server, a_server

pytestmark = [pytest.mark.timeout(120), SLOW]

DEADLINE_S = 2
ASKING = 20
RULE = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });"


@dataclass(frozen=True)
class System:
    server: Server
    gateway: Started
    runner: Started
    port: int
    admin: dict[str, str]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    port = free_port()
    with a_server(tmp_path / "valkey", "--appendonly", "yes") as server:
        key = make_runner_key(tmp_path)
        both = {"RULEMINT_REDIS_URL": server.url}
        gateway = {
            "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
            "RULEMINT_ADMIN_FILE": str(tmp_path / "admin.json"),
            "RULEMINT_PORT": str(port),
            "RULEMINT_REQUEST_DEADLINE": str(DEADLINE_S),
        }
        with (
            started([sys.executable, "-m", "rulemint_gateway"], {**both, **gateway}) as first,
            started(
                [sys.executable, "-m", "rulemint_runner"], {**both, "RULEMINT_RUNNER_KEY_FILE": str(key)}
            ) as second,
        ):
            until(lambda: is_ready(port), failing=first, timeout_s=60)
            admin = json.loads((tmp_path / "admin.json").read_text())
            yield System(server, first, second, port, admin)
            server.go_on()


def make_client(system: System) -> dict[str, str]:
    own = {name: system.admin[name] for name in ("client_id", "client_secret", "audience")}
    token = call(system.port, "/oauth/token", {"grant_type": "client_credentials", **own})[2]["access_token"]
    audience = "https://api.test/"
    call(system.port, "/api/v2/resource-servers", {"identifier": audience}, token=token)
    client = call(system.port, "/api/v2/clients", {"name": "robot"}, token=token)[2]
    grant = {"client_id": client["client_id"], "audience": audience, "scope": []}
    call(system.port, "/api/v2/client-grants", grant, token=token)
    call(system.port, "/api/v2/rules", {"name": "yes", "script": RULE}, token=token)
    return {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": audience,
    }


def test_requests_are_answered_by_their_deadline_and_tokens_come_again_afterwards(system: System) -> None:
    asked = make_client(system)
    until(lambda: call(system.port, "/oauth/token", asked)[0] == 200, failing=system.gateway)
    system.server.stop()

    def ask(_number: int) -> tuple[int, bool]:
        """The client gives up after a while: an answer that waits for Redis comes after 15 s."""
        status, headers, _body = call(system.port, "/oauth/token", asked, timeout_s=DEADLINE_S + 8)
        return status, "Retry-After" in headers

    with ThreadPoolExecutor(ASKING) as pool:
        answers = [*pool.map(ask, range(ASKING)), *pool.map(ask, range(ASKING))]
    assert set(answers) == {(503, True)}
    system.server.go_on()
    until(lambda: call(system.port, "/oauth/token", asked)[0] == 200, failing=system.gateway)
    assert "Traceback" not in system.gateway.output + system.runner.output


def test_both_services_stop_when_they_are_told_to(system: System) -> None:
    asked = make_client(system)
    system.server.stop()
    with ThreadPoolExecutor(ASKING) as pool:
        asking = [pool.submit(call, system.port, "/oauth/token", asked) for _ in range(ASKING)]
        until(lambda: any(each.running() for each in asking))
        assert system.gateway.stop() == 0  # within 15 s, or the fixture says so
        assert system.runner.stop() == 0
        for each in asking:
            each.exception()
