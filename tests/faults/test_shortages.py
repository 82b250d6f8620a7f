"""What a process needs runs out: who asks is answered at once, one line names the limit, and afterwards all is well."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fixtures.hosts import program_of
from fixtures.processes import Started, is_ready, until
from fixtures.services import Services, some_services
from fixtures.starved import child_that_runs, no_descriptor_left
from fixtures.web import NAME, Web, a_broker
from rulemint_runner.egress.errors import EgressError, Kind
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.packages.messages import InstallTerms
from rulemint_runner.packages.package_installer import PackageInstaller
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.sandbox.sandbox import SpawnerProcess, open_sandbox
from rulemint_shared.contract import codecs
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.package_messages import InstallRequest, NotInstalled, Wanted
from rulemint_shared.contract.records import Language
from rulemint_shared.redis.connection import open_redis

pytestmark = pytest.mark.timeout(120)

DEADLINE_S = 60
AT_ONCE_S = 20
"""Long before the deadline, and long enough for a busy machine."""
NO_DESCRIPTOR = "no file descriptor is left"
NO_PROCESS = "no process or thread can be started"
TIMES = 5
CANNOT_FORK = """
import errno, os, sys
real = os.fork
def fork():
    if sys._getframe(1).f_code.co_name == "_spawn":
        raise OSError(errno.{name}, os.strerror(errno.{name}))
    return real()
os.fork = fork
from rulemint_runner.sandbox.spawner import main
main()
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    gateway = {"RULEMINT_REQUEST_DEADLINE": str(DEADLINE_S)}
    with some_services(tmp_path, gateway=gateway, runner={"RULEMINT_SPARE_HOSTS": "1"}) as started:
        yield started


def said(process: Started, words: str) -> int:
    return sum(words in line for line in process.lines)


@pytest.mark.parametrize("starved", ["runner", "spawner"])
def test_a_runner_without_descriptors_answers_503_at_once_and_names_the_limit(services: Services, starved: str) -> None:
    runner = services.runner.process.pid
    pid = runner if starved == "runner" else child_that_runs(runner, "rulemint_runner.sandbox.spawner")
    clients = [services.client() for _ in range(TIMES)]
    with no_descriptor_left(pid):
        answers = [services.ask(client, timeout_s=AT_ONCE_S) for client in clients]
        failed = [answer for answer in answers if answer[0] != 200]  # there may have been a spare host
        assert len(failed) >= TIMES - 2
        assert {(status, "Retry-After" in headers) for status, headers, _body in failed} == {(503, True)}
        until(lambda: said(services.runner, NO_DESCRIPTOR) > 0)
    for client in clients:
        until(lambda client=client: services.ask(client)[0] == 200, failing=services.runner)  # type: ignore[misc]  # mypy infers no lambda with a default
    assert said(services.runner, '"RLIMIT_NOFILE is ') == said(services.runner, '"advice"') <= 3
    assert said(services.runner, "Traceback") == 0


def test_a_gateway_without_descriptors_names_the_limit_and_serves_again_afterwards(services: Services) -> None:
    client = services.client()
    assert services.ask(client)[0] == 200
    with ExitStack() as stack:
        open_already = stack.enter_context(
            closing(http.client.HTTPConnection("127.0.0.1", services.port, timeout=AT_ONCE_S))
        )
        open_already.connect()
        until(lambda: is_ready(services.port))  # so this one was accepted as well

        def is_told() -> bool:
            """A connection more takes a descriptor that another has just left."""
            with suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", services.port)))
            return said(services.gateway, NO_DESCRIPTOR) > 0

        with no_descriptor_left(services.gateway.process.pid):
            until(is_told)
            open_already.request("GET", "/healthz")
            assert open_already.getresponse().status == 200
    until(lambda: is_ready(services.port))
    assert services.ask(client)[0] == 200
    assert said(services.gateway, "Traceback") == 0


@pytest.mark.parametrize(
    ("name", "said_of_it"), [("EAGAIN", NO_PROCESS), ("ENOMEM", "this machine gives no more memory")]
)
async def test_a_process_that_cannot_be_forked_is_nobodys_fault_and_the_log_names_the_limit(
    name: str, said_of_it: str
) -> None:
    async with open_sandbox(SpawnerProcess(program=("-c", CANNOT_FORK.format(name=name)))) as sandbox:
        with capture_logs() as logs, pytest.raises(HostEndedError) as ended:
            await start_host(sandbox, program_of(Language.PYTHON))
    assert ended.value.reason is FailureReason.OVERLOADED
    assert said_of_it in ended.value.detail
    assert [line["event"] for line in logs] in ([said_of_it], [])  # once in ten seconds


@pytest.fixture
async def own_web(web: Web, hosts_file: Path) -> AsyncIterator[Web]:
    async with a_broker(web.authority, hosts_file) as web.broker:
        yield web


async def test_a_broker_without_descriptors_fails_calls_at_once_and_the_log_names_the_limit(own_web: Web) -> None:
    async def answer(_request: object) -> object:
        raise AssertionError("nobody gets here")

    port = await own_web.serve(answer)  # type: ignore[arg-type]  # it never answers
    assert own_web.broker.pid is not None
    with no_descriptor_left(own_web.broker.pid), capture_logs() as logs:
        for _ in range(TIMES):
            with pytest.raises(EgressError) as failed:
                await own_web.fetch(f"http://{NAME}:{port}/")
            assert failed.value.kind is Kind.EXHAUSTED
    assert [NO_DESCRIPTOR in line["why"] for line in logs if line["log_level"] == "error"] == [True]


async def test_packages_are_not_installed_without_descriptors_and_nothing_is_left_of_it(
    empty_redis_url: str, tmp_path: Path
) -> None:
    request = InstallRequest(registry=Registry.NPM, wanted=(Wanted(specifier="a@1", name="a", version="1"),))
    async with open_redis(empty_redis_url) as redis:
        installer = PackageInstaller(
            redis,
            PackageStore(redis),
            deno="deno",
            npm_registry=None,
            pypi_index=None,
            terms=InstallTerms(within=str(tmp_path)),
        )
        await redis.ping()
        await asyncio.to_thread(redis.get_encoder)  # a thread is there, and its modules are loaded
        with no_descriptor_left(os.getpid()):
            data = await installer.run_job(codecs.install_request.encode(request))
    answer = codecs.install_answer.decode(data)
    assert answer == NotInstalled(message=f"the runner: {NO_DESCRIPTOR}", is_ours=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_process_that_can_open_no_more_connections_shares_those_that_it_has(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        await redis.ping()
        with no_descriptor_left(os.getpid()):
            blocking: Any = redis.blpop(["nothing"], timeout=1)
            answers = await asyncio.gather(blocking, *(redis.ping() for _ in range(TIMES)))
    assert answers == [None, *[True] * TIMES]
