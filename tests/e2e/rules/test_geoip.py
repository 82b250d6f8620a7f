"""A GeoIP database, as an action sees it; that it sees an empty object without one is among the facts."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.facts.fact import action
from fixtures.geoip import SEEN_IN_BERN, write_database
from fixtures.management import Management, open_management
from fixtures.processes import Started, started_dev
from fixtures.runner_keys import make_runner_key
from fixtures.system import System

SAYS_WHERE = action("api.accessToken.setCustomClaim('where', event.request.geoip);")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("geoip")
    data_dir, port = folder / "data", free_port()
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    environment = {"RULEMINT_GEOIP_DATABASE": str(write_database(folder / "places.mmdb"))}
    with started_dev(environment, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


@pytest.fixture
async def management(system: System) -> AsyncIterator[Management]:
    async with open_management(system.url, system.admin) as opened:
        yield opened


async def test_an_action_sees_where_the_caller_is(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(SAYS_WHERE):
        answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    assert jwt.decode(answer.body["access_token"], options={"verify_signature": False})["where"] == SEEN_IN_BERN


@pytest.mark.parametrize(("ip", "where"), [("127.1.2.3", SEEN_IN_BERN), ("198.51.100.1", {}), ("", {})])
async def test_an_action_that_is_tried_sees_where_the_given_address_is(
    management: Management, ip: str, where: dict[str, object]
) -> None:
    body = {"script": SAYS_WHERE, "client": {"id": "acme"}, "context": {"ip": ip}}
    answer = await management.call("POST", "/api/v2/rules/try", body)
    assert answer.body["claims"] == {"where": where}, answer.text


def test_a_file_that_is_no_database_stops_the_runner_with_one_line(tmp_path: Path) -> None:
    database = tmp_path / "places.mmdb"
    database.write_text("this is no database")
    environment = {
        "RULEMINT_REDIS_URL": "redis://127.0.0.1:1/0",
        "RULEMINT_RUNNER_KEY_FILE": str(make_runner_key(tmp_path)),
        "RULEMINT_GEOIP_DATABASE": str(database),
        "RULEMINT_LOG_LEVEL": "warning",
    }
    runner = Started([sys.executable, "-m", "rulemint_runner"], environment)
    assert runner.wait() == 1
    (line,) = runner.lines
    assert line.startswith(f"rulemint-runner: RULEMINT_GEOIP_DATABASE: {database} is no database in MaxMind's format")
