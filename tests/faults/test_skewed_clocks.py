"""Clocks that are wrong, and that are set while everything runs: rules run on time, and the operator is told."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis as sync_redis
from bench.free_ports import free_port

from fixtures.processes import until
from fixtures.services import Services, some_services
from fixtures.stepped_clock import COMPILER, SteppedClock
from rulemint_shared.contract import redis_keys

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(COMPILER is None, reason="NOT TESTED HERE: a clock that is set, which needs a C compiler"),
]

MINUTE_S, DAYS_S = 60, 2 * 24 * 3_600
TOKENS = 10
LOG_KEPT_S = 60


@dataclass(frozen=True)
class Skewed:
    """Services whose gateway and runner have clocks of their own."""

    services: Services
    client: dict[str, str]
    clocks: dict[str, SteppedClock]
    metrics_port: int
    logged_first: int
    """Records of the first token."""

    def set(self, service: str, seconds: int) -> None:
        self.clocks[service].set_off_by(seconds)

    def wrong_clocks(self) -> list[tuple[str, float]]:
        """Kind of the process and by how much it is ahead, as the status says."""
        wrong = self.services.manage("/status")["wrong_clocks"]
        return [(each["name"].rpartition(":")[2].partition("_")[0], each["seconds_ahead"]) for each in wrong]

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            found = re.search(rf"^rulemint_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found is not None
        return float(found[1])


@pytest.fixture(scope="module")
def started_skewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Skewed]:
    folder, metrics_port = tmp_path_factory.mktemp("skewed"), free_port()
    clocks = {}
    for service in ("gateway", "runner"):
        (folder / service).mkdir()
        clocks[service] = SteppedClock(folder / service)
    of_gateway = {**clocks["gateway"].environment, "RULEMINT_METRICS_PORT": str(metrics_port)}
    of_runner = {**clocks["runner"].environment, "RULEMINT_LOG_HISTORY_AGE": str(LOG_KEPT_S)}
    clocks["runner"].set_off_by(DAYS_S)
    with some_services(folder, gateway=of_gateway, runner=of_runner) as services:
        client = services.client()
        assert services.ask(client)[0] == 200
        with sync_redis.Redis.from_url(services.server.url) as redis:
            until(lambda: redis.exists(redis_keys.logs("default")) == 1)
            logged_first = int(redis.xlen(redis_keys.logs("default")))
        skewed = Skewed(services, client, clocks, metrics_port, logged_first)
        until(lambda: [kind for kind, _ahead_s in skewed.wrong_clocks()] == ["runner"])
        yield skewed


@pytest.fixture
def skewed(started_skewed: Skewed) -> Skewed:
    """All clocks are right, and everybody knows it."""
    for clock in started_skewed.clocks.values():
        clock.set_off_by(0)
    until(lambda: not started_skewed.wrong_clocks(), failing=started_skewed.services.gateway)
    return started_skewed


@pytest.mark.parametrize(
    ("service", "seconds"),
    [
        pytest.param("gateway", MINUTE_S, id="a gateway ahead"),
        pytest.param("gateway", -MINUTE_S, id="a gateway behind"),
        pytest.param("runner", MINUTE_S, id="a runner ahead"),
        pytest.param("runner", -DAYS_S, id="a runner behind"),
    ],
)
def test_every_token_is_issued_from_the_moment_at_which_a_clock_is_set_and_the_operator_is_told(
    skewed: Skewed, service: str, seconds: int
) -> None:
    skewed.set(service, seconds)
    assert [skewed.services.ask(skewed.client)[0] for _ in range(TOKENS)] == [200] * TOKENS
    until(lambda: skewed.wrong_clocks() != [], failing=skewed.services.gateway)
    ((kind, ahead_s),) = skewed.wrong_clocks()
    assert (kind, round(ahead_s)) == (service, seconds)
    until(lambda: skewed.metric("wrong_clocks") == 1)
    assert round(skewed.metric("clock_skew_seconds")) == (seconds if service == "gateway" else 0)
    told = {"gateway": skewed.services.gateway, "runner": skewed.services.runner}[service]
    assert "clock is wrong" in told.output
    assert [skewed.services.ask(skewed.client)[0] for _ in range(TOKENS)] == [200] * TOKENS
    skewed.set(service, 0)
    until(lambda: skewed.wrong_clocks() == [] and skewed.metric("wrong_clocks") == 0)


def test_an_exchange_says_truly_where_its_time_went_whatever_the_clocks_say(skewed: Skewed) -> None:
    skewed.set("gateway", MINUTE_S)
    skewed.set("runner", -MINUTE_S)
    status, headers, _body = skewed.services.ask(skewed.client)
    assert status == 200
    path = f"/exchanges/{headers['X-Request-Id']}"
    times = skewed.services.manage(path)["timings"]
    assert all(-1 <= times[name] < MINUTE_S * 500 for name in ("queue_ms", "rules_ms", "return_ms")), times


def test_no_log_is_lost_to_a_runner_that_started_with_the_clock_of_the_day_after_tomorrow(skewed: Skewed) -> None:
    """It trims by age when it writes for the first time."""
    assert skewed.logged_first > 0
