"""``/metrics`` of a running gateway, as Prometheus reads it."""

from __future__ import annotations

import asyncio
import re
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port
from prometheus_client.parser import text_string_to_metric_families

from fixtures.management import Management, open_management
from fixtures.processes import ROOT, started, started_dev
from fixtures.system import System
from fixtures.waiting import eventually
from rulemint_gateway.log_hub.gaps import Cause
from rulemint_shared.secrets.vault import create_master_key

WAITS = "export default async () => { await new Promise((resolve) => setTimeout(resolve, 1000)); return {}; }"
LOOPS = "export default () => { for (;;) {} }"


@dataclass(frozen=True)
class Measured:
    """A system, and where its metrics are."""

    system: System
    metrics_port: int

    def read(self) -> dict[tuple[str, str], float]:
        """Name and outcome → value."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            families = text_string_to_metric_families(answer.read().decode())
            samples = [sample for family in families for sample in family.samples if "le" not in sample.labels]
        return {
            (sample.name.removeprefix("rulemint_"), sample.labels.get("outcome", "")): sample.value
            for sample in samples
        }


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    data_dir, port, metrics_port = tmp_path_factory.mktemp("metrics") / "data", free_port(), free_port()
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    environment = {"RULEMINT_METRICS_PORT": str(metrics_port), "RULEMINT_RULE_TIMEOUT": "1.5"}
    with started_dev(environment, data_dir=data_dir, port=port) as process:
        yield Measured(System(f"http://127.0.0.1:{port}", data_dir, process), metrics_port)


async def test_token_requests_are_counted_by_what_became_of_them(measured: Measured) -> None:
    async with open_management(measured.system.url, measured.system.admin) as management:
        client = await management.a_client()
        before = measured.read()
        assert (await management.ask(client.request())).status == 200
        assert (await management.ask(client.request(client_secret="another"))).status == 401
        async with management.rule(LOOPS):
            assert (await management.ask(client.request())).status == 500
    after = measured.read()
    for outcome in ("granted", "refused:invalid_client", "failed:timeout"):
        key = ("token_requests_total", outcome)
        assert after[key] == before[key] + 1, outcome
    assert after["token_request_duration_seconds_count", ""] == before["token_request_duration_seconds_count", ""] + 3
    assert after["token_request_duration_seconds_sum", ""] > before["token_request_duration_seconds_sum", ""] + 1


async def test_what_is_under_way_and_who_is_alive_can_be_seen(measured: Measured) -> None:
    async with open_management(measured.system.url, measured.system.admin) as management:
        client = await management.a_client()

        async def in_flight() -> float:
            return (await asyncio.to_thread(measured.read))["invocations_in_flight", ""]

        async with management.rule(WAITS):
            asking = asyncio.create_task(management.ask(client.request()))
            await eventually(in_flight, lambda seen: seen == 1)
            assert (await asking).status == 200
        await eventually(in_flight, lambda seen: seen == 0)
    seen = measured.read()
    assert (seen["runners", ""], seen["insecure_runners", ""]) == (1, 0)


def test_every_way_to_lose_a_record_has_a_series_from_the_start(measured: Measured) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{measured.metrics_port}/metrics", timeout=5) as answer:
        series = {line.rpartition(" ")[0] for line in answer.read().decode().splitlines()}
    assert {f'rulemint_records_lost_total{{kind="{kind}"}}' for kind in ("exchange", "log")} < series
    assert {f'rulemint_log_records_missing_total{{cause="{cause}"}}' for cause in Cause} < series


async def test_clients_do_not_find_them_where_they_ask_for_tokens(measured: Measured, management: Management) -> None:
    async with management.session.get(f"{measured.system.url}/metrics") as answer:
        assert answer.status == 404
    async with management.session.post(f"http://127.0.0.1:{measured.metrics_port}/oauth/token") as answer:
        assert answer.status == 404


def test_a_port_that_is_taken_is_named_with_its_setting(
    measured: Measured, tmp_path: Path, empty_redis_url: str
) -> None:
    key = tmp_path / "master.key"
    create_master_key(key)
    environment = {
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_MASTER_KEY_FILE": str(key),
        "RULEMINT_PORT": str(free_port()),
        "RULEMINT_METRICS_PORT": str(measured.metrics_port),
    }
    with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
        assert process.wait() == 1
    assert "set RULEMINT_METRICS_PORT to a free port" in process.output


def test_the_page_for_operators_has_every_series_with_its_labels_and_no_other(measured: Measured) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{measured.metrics_port}/metrics", timeout=5) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    read: dict[str, set[str]] = {}
    values: set[str] = set()
    for family in families:
        if family.name.endswith("_created"):  # the time at which a counter began
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        read[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
        named = {"le", "tenant", "rule", "version"}  # a bound, and what operators and authors name
        values |= {value for sample in family.samples for label, value in sample.labels.items() if label not in named}
    page = (ROOT / "docs/operating.md").read_text()
    rows = re.findall(r"^\| `(rulemint_\w+)` \|(.*?) \| (.+) \|$", page, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels, _meaning in rows} == read
    words = " ".join(meaning for _name, _labels, meaning in rows)
    explained = {value for value in values if value.partition(":")[0] in words}
    assert values - explained == {"yes"}, "each value of a label is on the page; yes is the other of no"
