"""A runner that dies, stalls or is told to stop with requests in hand: callers hear of it, and no rule runs twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis as sync_redis

from fixtures.fault_report import SLOW
from fixtures.processes import until
from fixtures.services import Services, some_services
from rulemint_shared.contract import redis_keys

pytestmark = [pytest.mark.timeout(120), SLOW]

DEADLINE_S = 60
SOON_S = 20
"""Long before the deadline, and long enough for a busy machine."""
ASKING = 5
NEVER_ANSWERS = "module.exports = (client, scope, audience, context, cb) => { console.log('began'); };"
ANSWERS_LATE = (
    "module.exports = (client, scope, audience, context, cb) => "
    "{ console.log('began'); setTimeout(() => cb(null, { scope }), 4000); };"
)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    runner = {"RULEMINT_RULE_TIMEOUT": "20", "RULEMINT_DRAIN": "30"}
    with some_services(tmp_path, gateway={"RULEMINT_REQUEST_DEADLINE": str(DEADLINE_S)}, runner=runner) as started:
        yield started
        if started.runner.process.poll() is None:
            started.runner.process.send_signal(signal.SIGCONT)


def began(services: Services) -> int:
    """How often a rule has begun."""
    with sync_redis.Redis.from_url(services.server.url) as redis:
        records: Any = redis.xrange(redis_keys.logs("default"))
    return sum(b"began" in b"".join(fields.values()) for _id, fields in records)


def ask(services: Services, script: str, times: int, pool: ThreadPoolExecutor) -> list[Future[Any]]:
    """So many requests, whose rules have begun."""
    client = services.client(script)
    asking = [pool.submit(services.ask, client, timeout_s=SOON_S) for _ in range(times)]
    until(lambda: began(services) == times)
    return asking


def test_those_who_wait_for_a_runner_that_was_killed_hear_of_it_as_soon_as_it_is_known(services: Services) -> None:
    with ThreadPoolExecutor(ASKING) as pool:
        asking = ask(services, NEVER_ANSWERS, ASKING, pool)
        services.runner.process.kill()
        answers = [each.result() for each in asking]
    assert {(status, "Retry-After" in headers) for status, headers, _body in answers} == {(503, True)}
    exchange = services.manage(f"/exchanges/{answers[0][1]['X-Request-Id']}")
    assert (exchange["outcome"], exchange["detail"]) == ("failed:interrupted", "interrupted: its runner died")


def test_a_runner_that_was_stalled_for_so_long_that_it_counted_as_dead_runs_nothing_twice_and_serves_again(
    services: Services,
) -> None:
    with ThreadPoolExecutor(1) as pool:
        (asking,) = ask(services, ANSWERS_LATE, 1, pool)
        services.runner.process.send_signal(signal.SIGSTOP)
        status, headers, _body = asking.result()
    assert (status, "Retry-After" in headers) == (503, True)
    services.runner.process.send_signal(signal.SIGCONT)
    client = services.client()
    until(lambda: services.ask(client)[0] == 200, failing=services.runner)
    assert began(services) == 1


def test_those_who_wait_for_a_runner_that_was_told_to_stop_are_answered_by_it(services: Services) -> None:
    with ThreadPoolExecutor(1) as pool:
        (asking,) = ask(services, ANSWERS_LATE, 1, pool)
        services.runner.process.send_signal(signal.SIGTERM)
        assert asking.result()[0] == 200
    assert services.runner.wait() == 0
