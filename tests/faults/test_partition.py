"""A gateway that Redis cannot be reached from knows only what was: it answers from memory for a while, then no more."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.calls import call
from fixtures.processes import Started, started, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.system import answers
from fixtures.valkey_servers import Server, a_server

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with a_server(tmp_path / "valkey") as made:
        yield made


@pytest.fixture
def gateway(tmp_path: Path, server: Server) -> Iterator[tuple[Started, int]]:
    environment = {**settings_of_a_gateway(tmp_path, server.url), "RULEMINT_STALE_CONFIG_S": "2"}
    port = int(environment["RULEMINT_PORT"])
    with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
        until(lambda: answers(port), failing=process)
        yield process, port


def ask(port: int, admin: dict[str, str]) -> tuple[int, dict[str, str], Any]:
    own = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
    return call(port, "/oauth/token", {"grant_type": "client_credentials", **own}, timeout_s=30)


def test_a_partitioned_gateway_gives_no_tokens_once_its_configuration_is_stale_and_recovers(
    tmp_path: Path, server: Server, gateway: tuple[Started, int]
) -> None:
    process, port = gateway
    admin = json.loads((tmp_path / "admin.json").read_text())
    assert ask(port, admin)[0] == 200
    server.stop()
    until(lambda: ask(port, admin)[0] == 503, failing=process)
    status, headers, body = ask(port, admin)
    assert (status, body["error"]) == (503, "temporarily_unavailable")
    assert headers["Retry-After"]
    assert "still true" in body["error_description"], "not that there is none"
    server.go_on()
    until(lambda: ask(port, admin)[0] == 200, failing=process)
    assert "Traceback" not in process.output
