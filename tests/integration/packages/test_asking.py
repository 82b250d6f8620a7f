"""A gateway that asks for an installation when nobody is there to do it."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.packages import wanted
from rulemint_gateway.dispatch import installs
from rulemint_gateway.dispatch.installs import Installs
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.management.rules.packages import Packages
from rulemint_runner.packages.package_installer import PackageInstaller
from rulemint_runner.packages.package_store import PackageStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import InstallRequest, NotInstalled
from rulemint_shared.contract.records import Language, RuleVersion
from rulemint_shared.queue import job_queue, living_runners
from rulemint_shared.redis.connection import open_redis

REQUEST = InstallRequest(registry=Registry.NPM, wanted=(wanted("lodash"),))
TEXT = RuleVersion(rule_id="r", version=1, script="x", language=Language.JAVASCRIPT, dependencies={"lodash": "4.17.21"})


async def test_without_a_runner_the_call_is_unavailable_at_once(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        packages = Packages(Installs(redis, RunnerPresence(redis)))
        with pytest.raises(UnavailableError, match="no runner"):
            await packages.installed_for("default", TEXT)
        assert await redis.zcard(redis_keys.queue(0)) == 0


async def test_a_request_that_no_runner_picks_up_is_given_up(
    empty_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installs, "PICKED_UP_WITHIN_S", 0.3)
    async with open_redis(empty_redis_url) as redis:
        async with redis.pipeline() as pipe:
            living_runners.beat(pipe, "a runner that has hung", contains_rules=True, lives_ms=60_000)
            await pipe.execute()
        answer = await Installs(redis, RunnerPresence(redis)).install(REQUEST)
    assert answer == NotInstalled(message="no runner took it within 0.3 s", is_ours=True)


async def test_a_request_travels_under_its_own_name(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        job_id = await job_queue.enqueue_install(redis, REQUEST, expires_ms=10_000)
        job = await asyncio.wait_for(job_queue.claim(redis, job_id, runner="r", for_ms=1_000), 5)
        assert job is not None
        name, _data = job_queue.open_job(job)
        assert name == job_queue.INSTALL_PACKAGES


async def test_a_request_that_cannot_be_read_is_answered(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        installer = PackageInstaller(redis, PackageStore(redis), deno="deno", npm_registry=None, pypi_index=None)
        answer = codecs.install_answer.decode(await installer.run_job(b"\xc1garbage"))
    assert answer == NotInstalled(message="the runner could not read the request", is_ours=True)
